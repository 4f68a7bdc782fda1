//! Everything that can be configured.

mod clients;
mod limits;
mod pages;
mod services;

use booked_identity::internal::Credential;
use booked_server::{config::HttpSettings, settings::Unchecked};

pub use self::{
    clients::{ClientSettings, Origins},
    limits::{LimitSettings, Rate},
    pages::{GrafanaUrl, PageSettings},
    services::ServiceSettings,
};

booked_server::settings! {
    /// What serving needs.
    #[derive(Clone, Debug)]
    pub struct Config {
        pub http: HttpSettings;
        pub credential: Credential;
        pub services: ServiceSettings;
        pub clients: ClientSettings;
        pub pages: PageSettings;
    }
}

/// The settings for serving as they are given.
pub type ServeArgs = Unchecked<Config>;

//! Everything that can be configured.

use booked_identity::internal::Credential;
use booked_postgres::DatabaseSettings;
use booked_server::{Endpoints, config::HttpSettings, settings::Unchecked};

booked_server::settings! {
    /// What serving needs.
    #[derive(Clone, Debug)]
    pub struct Config {
        pub(crate) http: HttpSettings;
        pub(crate) credential: Credential;
        pub(crate) database: DatabaseSettings;
        /// Base URL of ticketing, whose feed is counted; several replicas are separated by commas.
        pub(crate) ticketing: Endpoints = "TICKETING_URL";
    }
}

/// The settings for serving as they are given.
pub type ServeArgs = Unchecked<Config>;

//! Everything that can be configured: read by clap as texts, checked here, all mistakes reported at once.

mod clients;
mod limits;
mod services;

use booked_identity::internal::Credential;
use booked_server::config::{CredentialArgs, HttpArgs, HttpSettings, Mistakes};
use clap::Args;

pub use self::{
    clients::{ClientArgs, ClientSettings, Origins},
    limits::{LimitArgs, LimitSettings, Rate},
    services::{ServiceArgs, ServiceSettings},
};

/// What `serve` can be told.
#[derive(Args, Clone, Debug)]
pub struct ServeArgs {
    #[command(flatten)]
    http: HttpArgs,
    #[command(flatten)]
    credential: CredentialArgs,
    #[command(flatten)]
    services: ServiceArgs,
    #[command(flatten)]
    clients: ClientArgs,
}

/// What [`ServeArgs`] say, checked.
#[derive(Clone, Debug)]
pub struct Config {
    /// Where and how HTTP is served.
    pub http: HttpSettings,
    /// The secret that tells the services that it is the gateway who calls.
    pub credential: Credential,
    /// The services behind, and how they are called.
    pub services: ServiceSettings,
    /// What clients may do.
    pub clients: ClientSettings,
}

impl ServeArgs {
    /// Checks the settings.
    ///
    /// # Errors
    ///
    /// All mistakes, a line each.
    pub fn check(&self) -> Result<Config, Mistakes> {
        let mut mistakes = Mistakes::default();
        let http = self.http.check(&mut mistakes);
        let credential = self.credential.check(&mut mistakes);
        let services = self.services.check(&mut mistakes);
        let clients = self.clients.check(&mut mistakes);
        let config = (|| {
            Some(Config { http: http?, credential: credential?, services: services?, clients: clients? })
        })();
        mistakes.finish(config)
    }
}

//! Everything that is configurable. It is read as texts and checked here; all mistakes are reported at once.

use booked_identity::internal::Credential;
use booked_postgres::{DatabaseArgs, DatabaseSettings};
use booked_server::{
    Endpoints,
    config::{CredentialArgs, HttpArgs, HttpSettings, Mistakes},
};
use clap::Args;

/// What `serve` needs.
#[derive(Args, Debug)]
pub struct ServeArgs {
    #[command(flatten)]
    http: HttpArgs,
    #[command(flatten)]
    credential: CredentialArgs,
    #[command(flatten)]
    database: DatabaseArgs,
    /// Where ticketing is, whose feed is counted; replicas by comma.
    #[arg(long, env = "TICKETING_URL", value_name = "URL,…")]
    ticketing_url: Option<String>,
}

/// What [`ServeArgs`] say, checked.
#[derive(Clone, Debug)]
pub struct Config {
    /// Where and how it serves.
    pub http: HttpSettings,
    /// The secret that the parts share.
    pub credential: Credential,
    /// Its own database.
    pub database: DatabaseSettings,
    /// Where ticketing is.
    pub ticketing: Endpoints,
}

impl ServeArgs {
    /// Checks the settings.
    ///
    /// # Errors
    ///
    /// Everything that is wrong with them.
    pub fn check(&self) -> Result<Config, Mistakes> {
        let mut mistakes = Mistakes::default();
        let config = self.check_each(&mut mistakes);
        mistakes.finish(config)
    }

    fn check_each(&self, mistakes: &mut Mistakes) -> Option<Config> {
        let http = self.http.check(mistakes);
        let credential = self.credential.check(mistakes);
        let database = self.database.check(mistakes);
        let ticketing = mistakes.endpoints("TICKETING_URL", &self.ticketing_url);
        Some(Config { http: http?, credential: credential?, database: database?, ticketing: ticketing? })
    }
}

//! Everything that can be configured: read by clap as texts, checked here, all mistakes reported at once.

use std::time::Duration;

use booked_identity::internal::Credential;
use booked_postgres::{DatabaseArgs, DatabaseSettings};
use booked_server::{
    Endpoints,
    config::{CredentialArgs, HttpArgs, HttpSettings, Mistakes},
};
use clap::Args;

const YEAR_S: u64 = 31_536_000;

/// How `serve` is to be.
#[derive(Args, Clone, Debug)]
pub struct ServeArgs {
    #[command(flatten)]
    http: HttpArgs,
    #[command(flatten)]
    credential: CredentialArgs,
    #[command(flatten)]
    database: DatabaseArgs,
    #[command(flatten)]
    ticketing: TicketingArgs,
    /// Longest time until a reader of events is answered, in milliseconds; then it is 503.
    #[arg(long, env = "READ_TIMEOUT_MS", default_value = "2500", value_name = "MS")]
    read_timeout_ms: String,
    /// Most different reads of events under way at a time; equal ones count once, more are answered 503.
    #[arg(long, env = "READS_MAX", default_value = "256", value_name = "COUNT")]
    reads_max: String,
    /// How long the texts of a deleted event are kept, in seconds.
    #[arg(long, env = "DELETED_EVENT_RETENTION_S", default_value = "3600", value_name = "SECONDS")]
    deleted_event_retention_s: String,
}

/// Where ticketing is, and how long it may take.
#[derive(Args, Clone, Debug)]
struct TicketingArgs {
    /// Base URLs of ticketing's replicas, separated by commas.
    #[arg(long, env = "TICKETING_URL", value_name = "URL,…")]
    ticketing_url: Option<String>,
    /// Longest wait for ticketing to count free seats, in milliseconds; then the answer is 503.
    #[arg(long, env = "TICKETING_TIMEOUT_MS", default_value = "2000", value_name = "MS")]
    ticketing_timeout_ms: String,
    /// Longest wait for ticketing to learn of a change before it is answered, in milliseconds.
    #[arg(long, env = "CATCH_UP_TIMEOUT_MS", default_value = "500", value_name = "MS")]
    catch_up_timeout_ms: String,
}

/// What [`ServeArgs`] says, checked.
#[derive(Clone, Debug)]
pub struct Config {
    pub(crate) http: HttpSettings,
    pub(crate) credential: Credential,
    pub(crate) database: DatabaseSettings,
    pub(crate) ticketing: TicketingSettings,
    pub(crate) reads: ReadSettings,
    pub(crate) deleted_kept: Duration,
}

/// Where ticketing is, and how long it may take.
#[derive(Clone, Debug)]
pub(crate) struct TicketingSettings {
    pub(crate) endpoints: Endpoints,
    pub(crate) timeout: Duration,
    pub(crate) catch_up_timeout: Duration,
}

/// What reading events may cost.
#[derive(Clone, Copy, Debug)]
pub(crate) struct ReadSettings {
    pub(crate) timeout: Duration,
    pub(crate) reads_max: usize,
}

impl ServeArgs {
    /// Checks the settings.
    ///
    /// # Errors
    ///
    /// All mistakes at once.
    pub fn check(&self) -> Result<Config, Mistakes> {
        let mut mistakes = Mistakes::default();
        let (http, credential) = (self.http.check(&mut mistakes), self.credential.check(&mut mistakes));
        let database = self.database.check(&mut mistakes);
        let ticketing = self.ticketing.check(&mut mistakes);
        let timeout = mistakes.millis("READ_TIMEOUT_MS", &self.read_timeout_ms, 1..=60_000);
        let reads_max = mistakes.number("READS_MAX", &self.reads_max, 1..=100_000);
        let kept = mistakes.number("DELETED_EVENT_RETENTION_S", &self.deleted_event_retention_s, 0..=YEAR_S);
        let config = || {
            Some(Config {
                http: http?,
                credential: credential?,
                database: database?,
                ticketing: ticketing?,
                reads: ReadSettings { timeout: timeout?, reads_max: reads_max? },
                deleted_kept: Duration::from_secs(kept?),
            })
        };
        mistakes.finish(config())
    }
}

impl TicketingArgs {
    fn check(&self, mistakes: &mut Mistakes) -> Option<TicketingSettings> {
        let endpoints = mistakes.endpoints("TICKETING_URL", &self.ticketing_url);
        let timeout = mistakes.millis("TICKETING_TIMEOUT_MS", &self.ticketing_timeout_ms, 1..=60_000);
        let catch_up = mistakes.millis("CATCH_UP_TIMEOUT_MS", &self.catch_up_timeout_ms, 1..=60_000);
        Some(TicketingSettings { endpoints: endpoints?, timeout: timeout?, catch_up_timeout: catch_up? })
    }
}

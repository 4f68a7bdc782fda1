//! Where the evidence is read from, and the limits that apply.

use std::{fmt, path::PathBuf, time::Duration};

/// Where to read. A source that is not named is not compared.
#[derive(Clone, Default)]
pub struct Sources {
    /// As the service's `DATABASE_URL`.
    pub ticketing_database_url: Option<String>,
    pub event_database_url: Option<String>,
    pub analytics_database_url: Option<String>,
    /// One server or a cluster, as ticketing's `VALKEY_URL`.
    pub valkey_url: Option<String>,
    /// The certificates in PEM that Valkey's certificate is verified with; without it, those of the operating system.
    pub valkey_ca_file: Option<PathBuf>,
    pub limits: Limits,
}

impl Sources {
    #[must_use]
    pub fn names_any(&self) -> bool {
        let urls = [
            &self.ticketing_database_url,
            &self.event_database_url,
            &self.analytics_database_url,
            &self.valkey_url,
        ];
        urls.into_iter().any(Option::is_some)
    }
}

/// How long to wait for the sources, and how closely clocks agree.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// How long a seat that looks wrong is inspected before it counts as wrong, since the janitor or the reconciler may
    /// repair it yet. If the system was disturbed, this must be longer than a round of the reconciler
    /// (`RECONCILER_INTERVAL_MS`).
    pub settle_timeout: Duration,
    /// For a connection, a page of rows or an event's inventory.
    pub read_timeout: Duration,
    /// How far the clocks of clients, Postgres and Valkey may differ.
    pub clock_skew: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            settle_timeout: Duration::from_secs(330),
            read_timeout: Duration::from_secs(30),
            clock_skew: Duration::from_millis(100),
        }
    }
}

/// A source that is named cannot be read.
#[derive(Debug, thiserror::Error)]
#[error("{source_name} cannot be read: {cause}")]
pub struct ReadError {
    pub source_name: &'static str,
    /// Contains nothing of the source's URL.
    pub cause: String,
}

impl fmt::Debug for Sources {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Sources").field("limits", &self.limits).finish_non_exhaustive()
    }
}

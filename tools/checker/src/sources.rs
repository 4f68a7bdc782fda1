//! Where the evidence is read from, and how patiently.

use std::{fmt, path::PathBuf, time::Duration};

/// Where to read; what is not named is not compared.
#[derive(Clone, Default)]
pub struct Sources {
    /// Ticketing's database, as `DATABASE_URL` names it to the service.
    pub ticketing_database_url: Option<String>,
    /// The event service's database.
    pub event_database_url: Option<String>,
    /// Analytics' database.
    pub analytics_database_url: Option<String>,
    /// Valkey: one server or a cluster, as `VALKEY_URL` names it to ticketing.
    pub valkey_url: Option<String>,
    /// The certificates that Valkey's is checked against, in PEM; without it the system's count.
    pub valkey_ca_file: Option<PathBuf>,
    /// How patiently.
    pub limits: Limits,
}

impl Sources {
    /// Whether anything is named.
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

/// How patiently the sources are read, and how exactly clocks agree.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// How long a seat that looks wrong is watched before it counts as wrong: the janitor or the reconciler may put it
    /// right yet. Longer than a round of the reconciler (`RECONCILER_INTERVAL_MS`) on a system that was disturbed.
    pub settle_timeout: Duration,
    /// Longest wait for a connection, a page of rows or an event's map.
    pub read_timeout: Duration,
    /// By how much the clocks of clients, Postgres and Valkey may differ.
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
    /// Which.
    pub source_name: &'static str,
    /// Why; nothing of its URL.
    pub cause: String,
}

impl fmt::Debug for Sources {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Sources").field("limits", &self.limits).finish_non_exhaustive()
    }
}

//! Where the database is, and how long it may take.

use std::{fmt, path::PathBuf, sync::Arc, time::Duration};

use booked_server::config::{Mistakes, is_this_machine};
use clap::Args;
use rustls::ClientConfig;
use secrecy::ExposeSecret as _;
use tokio_postgres::config::Host;

use crate::connect;

/// How often the server looks whether somebody still waits for a statement that takes long, in milliseconds.
const LOOK_MS: u32 = 250;

/// A service's own database.
#[derive(Args, Clone)]
pub struct DatabaseArgs {
    /// URL of the service's own database: postgres://user:password@host:port/name?sslmode=verify-full&sslrootcert=FILE
    /// (sslmode is disable or verify-full; without sslrootcert the system's certificates count).
    #[arg(long, env = "DATABASE_URL", hide_env_values = true, value_name = "URL")]
    pub database_url: Option<String>,
    /// File that holds the database URL.
    #[arg(long, env = "DATABASE_URL_FILE", value_name = "FILE")]
    pub database_url_file: Option<PathBuf>,
    /// Most connections that a process opens.
    #[arg(long, env = "DATABASE_CONNECTIONS_MAX", default_value = "8", value_name = "COUNT")]
    pub database_connections_max: String,
    /// Longest wait for a free or new connection, in milliseconds; then the answer is 503.
    #[arg(long, env = "DATABASE_ACQUIRE_TIMEOUT_MS", default_value = "1000", value_name = "MS")]
    pub database_acquire_timeout_ms: String,
    /// Longest time of a piece of work in the database, in milliseconds.
    #[arg(long, env = "DATABASE_TIMEOUT_MS", default_value = "1500", value_name = "MS")]
    pub database_timeout_ms: String,
}

/// What [`DatabaseArgs`] says, checked.
#[derive(Clone)]
pub struct DatabaseSettings {
    pub(crate) postgres: tokio_postgres::Config,
    pub(crate) tls: Option<Arc<ClientConfig>>,
    /// Whether the URL says how: nobody has to be told what they have chosen.
    says_how: bool,
    /// Most connections that a process opens.
    pub connections: usize,
    /// Longest wait for a free or new connection.
    pub wait: Duration,
    /// Longest time of a piece of work in the database.
    pub work: Duration,
}

impl DatabaseArgs {
    /// Checks the settings. Nothing of the URL is repeated: it holds a password.
    pub fn check(&self, mistakes: &mut Mistakes) -> Option<DatabaseSettings> {
        const SETTING: &str = "DATABASE_URL";
        let connections =
            mistakes.number("DATABASE_CONNECTIONS_MAX", &self.database_connections_max, 2..=1000);
        let wait =
            mistakes.millis("DATABASE_ACQUIRE_TIMEOUT_MS", &self.database_acquire_timeout_ms, 1..=60_000);
        let work = mistakes.millis("DATABASE_TIMEOUT_MS", &self.database_timeout_ms, 1..=60_000);
        let file = self.database_url_file.as_deref();
        let url = mistakes.required_secret(SETTING, self.database_url.as_deref(), file)?;
        let (postgres, tls) =
            connect::parse(url.expose_secret()).map_err(|mistake| mistakes.add(SETTING, mistake)).ok()?;
        let says_how = url.expose_secret().contains(SAYS_HOW);
        let mut settings =
            DatabaseSettings { postgres, tls, says_how, connections: connections?, wait: wait?, work: work? };
        settings.limit_in_the_server();
        Some(settings)
    }
}

/// The parameter of a URL that says whether TLS is used.
const SAYS_HOW: &str = "sslmode=";

impl DatabaseSettings {
    /// Whether passwords and tickets go to another machine in the clear, without anybody having chosen that.
    pub(crate) fn is_in_the_clear(&self) -> bool {
        let is_elsewhere = |host: &Host| matches!(host, Host::Tcp(name) if !is_this_machine(name));
        self.tls.is_none() && !self.says_how && self.postgres.get_hosts().iter().any(is_elsewhere)
    }

    /// Settings for a URL, with the defaults of [`DatabaseArgs`].
    ///
    /// # Errors
    ///
    /// What is wrong with the URL.
    pub fn for_url(url: &str) -> anyhow::Result<Self> {
        let (postgres, tls) = connect::parse(url).map_err(anyhow::Error::msg)?;
        let (wait, work) = (Duration::from_millis(1000), Duration::from_millis(1500));
        let says_how = url.contains(SAYS_HOW);
        let mut settings = Self { postgres, tls, says_how, connections: 8, wait, work };
        settings.limit_in_the_server();
        Ok(settings)
    }

    /// The server ends by itself what nobody waits for any more: else an abandoned statement would hold its locks, and
    /// an abandoned transaction would hold back every feed of the instance. It does so later than the client gives up: a
    /// commit that waits for a standby and is cut short answers "done" with a warning that diesel does not show, and
    /// nobody must be there to believe it. A statement whose connection was closed ends at the server's next look at it: a
    /// caller who gave up would else leave Postgres at work for nobody, with its locks. Statements are short and come back: planned once each, and compiled never,
    /// which would take longer than any of them. Each sees what was committed before it, whatever the server's default
    /// is: what is read under a lock must be what was written under it.
    fn limit_in_the_server(&mut self) {
        let work_ms = 2 * self.work.as_millis();
        let given = self.postgres.get_options().unwrap_or_default();
        let options = format!(
            "{given} -c statement_timeout={work_ms} -c idle_in_transaction_session_timeout={work_ms} \
             -c client_connection_check_interval={LOOK_MS} \
             -c plan_cache_mode=force_generic_plan -c jit=off -c default_transaction_isolation=read\\ committed"
        );
        self.postgres.options(options.trim());
        self.postgres.connect_timeout(self.wait);
    }
}

impl fmt::Debug for DatabaseArgs {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("DatabaseArgs").finish_non_exhaustive()
    }
}

impl fmt::Debug for DatabaseSettings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("DatabaseSettings").finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_goes_to_another_machine_in_the_clear_unasked_is_known() {
        for (url, expected) in [
            ("postgres://a:b@db/seats", true),
            ("postgres://a:b@10.0.0.7:5433/seats", true),
            ("postgres://a:b@db/seats?sslmode=disable", false),
            ("postgres://a:b@db/seats?sslmode=verify-full", false),
            ("postgres://a:b@localhost/seats", false),
            ("postgres://a:b@127.0.0.1:5433/seats", false),
            ("postgres://a:b@[::1]/seats", false),
            ("postgres://a@%2Frun%2Fpostgresql/seats", false),
        ] {
            assert_eq!(DatabaseSettings::for_url(url).unwrap().is_in_the_clear(), expected, "{url}");
        }
    }
}

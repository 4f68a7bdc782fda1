//! Where the database is, and how long it may take.

use std::{fmt, sync::Arc, time::Duration};

use booked_server::{
    config::is_this_machine,
    settings::{Kind, Setting, Unchecked, Value},
};
use rustls::ClientConfig;
use tokio_postgres::{Config, config::Host};

use crate::connect;

/// How often the server checks whether somebody still waits for a statement that takes long, in milliseconds.
const CONNECTION_CHECK_MS: u32 = 250;

booked_server::settings! {
    /// A service's own database, and how long it may take.
    #[derive(Clone)]
    pub struct DatabaseSettings {
        /// URL of the service's own database: postgres://user:password@host:port/name?sslmode=verify-full&sslrootcert=FILE
        /// (sslmode is disable or verify-full; without sslrootcert the system's certificates count).
        url: DatabaseUrl = "DATABASE_URL";
        /// Most connections that a process opens.
        pub connections: usize = "DATABASE_CONNECTIONS_MAX", default 8, range 2..=1000;
        /// Longest wait for a free or new connection, in milliseconds; then the answer is 503.
        pub wait: Duration = "DATABASE_ACQUIRE_TIMEOUT_MS", default 1000, range 1..=60_000;
        /// Longest time of a piece of work in the database, in milliseconds.
        pub work: Duration = "DATABASE_TIMEOUT_MS", default 1500, range 1..=60_000;
    }
}

/// The settings of [`DatabaseSettings`] as they are given.
pub type DatabaseArgs = Unchecked<DatabaseSettings>;

/// What a URL says. It holds a password.
#[derive(Clone)]
struct DatabaseUrl {
    postgres: Config,
    tls: Option<Arc<ClientConfig>>,
    /// Whether the URL says how: nobody has to be told what they have chosen.
    says_how: bool,
}

impl Value for DatabaseUrl {
    const KIND: Kind = Kind::Secret("URL");

    fn read(text: &str, _: &Setting) -> Result<Self, String> {
        let (postgres, tls) = connect::parse(text)?;
        Ok(Self { postgres, tls, says_how: text.contains(SAYS_HOW) })
    }
}

/// The parameter of a URL that says whether TLS is used.
const SAYS_HOW: &str = "sslmode=";

impl DatabaseSettings {
    /// Whether passwords and tickets go to another machine in the clear, without anybody having chosen that.
    pub(crate) fn is_in_the_clear(&self) -> bool {
        let is_elsewhere = |host: &Host| matches!(host, Host::Tcp(name) if !is_this_machine(name));
        let DatabaseUrl { postgres, tls, says_how } = &self.url;
        tls.is_none() && !says_how && postgres.get_hosts().iter().any(is_elsewhere)
    }

    /// Settings for a URL, with the defaults of the others.
    ///
    /// # Errors
    ///
    /// What is wrong with the URL.
    pub fn for_url(url: &str) -> anyhow::Result<Self> {
        Ok(Unchecked::of([("DATABASE_URL", url)]).check()?)
    }

    /// How a connection is encrypted; none if it is not.
    pub(crate) fn tls(&self) -> Option<&Arc<ClientConfig>> {
        self.url.tls.as_ref()
    }

    /// How connections are opened, and what the server is told to do for them.
    ///
    /// The server ends by itself what nobody waits for any more: otherwise an abandoned statement would hold its locks,
    /// and an abandoned transaction would hold back every feed of the instance. It does so later than the client gives
    /// up: a commit that waits for a standby and is cut short answers "done" with a warning that diesel does not show,
    /// and nobody must be there to believe it. A statement whose connection was closed ends when the server next checks
    /// it: a caller who gave up would otherwise leave Postgres at work for nobody, with its locks.
    ///
    /// Statements are short and come back: each is planned once and never compiled, which would take longer than any of
    /// them. Each sees what was committed before it, whatever the server's default is: what is read under a lock must be
    /// what was written under it.
    pub(crate) fn postgres(&self) -> Config {
        let mut postgres = self.url.postgres.clone();
        let work_ms = 2 * self.work.as_millis();
        let given = postgres.get_options().unwrap_or_default();
        let options = format!(
            "{given} -c statement_timeout={work_ms} -c idle_in_transaction_session_timeout={work_ms} \
             -c client_connection_check_interval={CONNECTION_CHECK_MS} \
             -c plan_cache_mode=force_generic_plan -c jit=off -c default_transaction_isolation=read\\ committed"
        );
        postgres.options(options.trim());
        postgres.connect_timeout(self.wait);
        postgres
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

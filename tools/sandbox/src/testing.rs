//! Servers for tests. A test process shares one Postgres, in which each test has its own database, and one Valkey, in
//! which each test has its own database number. Whatever fails here fails the test with a message.

use std::{
    collections::HashMap,
    sync::{
        Arc, LazyLock, Mutex, PoisonError,
        atomic::{AtomicU16, AtomicU64, Ordering},
    },
};

use anyhow::{Context, Result};

use crate::{
    postgres::PostgresServer,
    programs::{Missing, Programs, install_policy, programs},
    valkey::{ValkeyCluster, ValkeyOptions, ValkeyServer},
};

const VALKEY_DATABASES: u16 = 4_096;

/// The Postgres that all tests of this process share: quick, and forgotten at the end.
pub struct TestPostgres {
    server: PostgresServer,
    /// The templates by name, and whether each is ready.
    templates: Mutex<HashMap<String, Arc<Mutex<bool>>>>,
    databases: AtomicU64,
}

/// A test's own database. It goes when this is dropped.
pub struct TestDatabase {
    name: String,
}

impl TestPostgres {
    /// The shared server; the first call starts it.
    #[must_use]
    pub fn shared() -> &'static Self {
        // A failure is kept as such, so that every test tells it and not only the first.
        static SHARED: LazyLock<Result<TestPostgres, String>> = LazyLock::new(|| {
            let server = found_programs().and_then(|programs| PostgresServer::start_temporary(&programs));
            let server = server.map_err(|error| format!("{error:#}"))?;
            Ok(TestPostgres { server, templates: Mutex::default(), databases: AtomicU64::default() })
        });
        or_fail(SHARED.as_ref().map_err(anyhow::Error::msg))
    }

    /// The server itself.
    #[must_use]
    pub fn server(&self) -> &PostgresServer {
        &self.server
    }

    fn database(&self, template: &str, migrate: impl FnOnce(&str) + Send) -> Result<TestDatabase> {
        let ready = Arc::clone(lock(&self.templates).entry(template.to_owned()).or_default());
        let source = format!("template_{template}");
        let mut ready = lock(&ready);
        if !*ready {
            self.make_template(&source, migrate)?;
            *ready = true;
        }
        drop(ready);
        let name = format!("{template}_{}", self.databases.fetch_add(1, Ordering::Relaxed));
        // Copying files is several times quicker here than the default, which writes everything to the log as well.
        let copy = format!("CREATE DATABASE \"{name}\" TEMPLATE \"{source}\" STRATEGY file_copy");
        self.server.execute("postgres", &copy)?;
        Ok(TestDatabase { name })
    }

    fn make_template(&self, name: &str, migrate: impl FnOnce(&str) + Send) -> Result<()> {
        // One that is there was left by a migration that failed.
        self.server.execute("postgres", &format!("DROP DATABASE IF EXISTS \"{name}\" WITH (FORCE)"))?;
        self.server.create_database(name)?;
        let url = self.server.url(name);
        // On a thread of its own, so that migrating may block on a runtime though the test runs in one.
        let migrated = std::thread::scope(|scope| scope.spawn(|| migrate(&url)).join());
        if let Err(panic) = migrated {
            std::panic::resume_unwind(panic);
        }
        // A database that somebody is connected to cannot be copied.
        let close = format!(
            "ALTER DATABASE \"{name}\" WITH ALLOW_CONNECTIONS false;
             SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '{name}';"
        );
        self.server.execute("postgres", &close).map(drop)
    }
}

/// A new database with what `migrate` made. The first call for a template name creates a template database and hands
/// its URL to `migrate`; further calls copy it.
#[must_use]
pub fn test_database(template: &str, migrate: impl FnOnce(&str) + Send) -> TestDatabase {
    or_fail(TestPostgres::shared().database(template, migrate))
}

impl TestDatabase {
    /// The URL to connect to it.
    #[must_use]
    pub fn url(&self) -> String {
        TestPostgres::shared().server.url(&self.name)
    }

    /// The database's name.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Runs SQL statements, as [`PostgresServer::execute`] does.
    pub fn execute(&self, sql: &str) -> String {
        or_fail(TestPostgres::shared().server.execute(&self.name, sql))
    }
}

impl Drop for TestDatabase {
    fn drop(&mut self) {
        let drop = format!("DROP DATABASE IF EXISTS \"{}\" WITH (FORCE)", self.name);
        // What stays goes with the server.
        let _ = TestPostgres::shared().server.execute("postgres", &drop);
    }
}

/// A Postgres of its own, for a test that stops it. All of them share one system identifier.
#[must_use]
pub fn test_postgres() -> PostgresServer {
    or_fail(PostgresServer::start_temporary(&test_programs()))
}

/// The shared Valkey, with a database number of its own for each call.
#[must_use]
pub fn test_valkey_url() -> String {
    static SHARED: LazyLock<Result<ValkeyServer, String>> = LazyLock::new(|| {
        let options = ValkeyOptions { databases: VALKEY_DATABASES, ..ValkeyOptions::new("") };
        let server = found_programs().and_then(|programs| ValkeyServer::start_temporary(&programs, options));
        server.map_err(|error| format!("{error:#}"))
    });
    static NEXT: AtomicU16 = AtomicU16::new(0);
    let number = NEXT.fetch_add(1, Ordering::Relaxed);
    or_fail(
        (number < VALKEY_DATABASES).then_some(()).context("all databases of the shared Valkey are taken"),
    );
    or_fail(SHARED.as_ref().map_err(anyhow::Error::msg)).url_of_database(number)
}

/// A Valkey of its own, without persistence, for a test that stops it.
#[must_use]
pub fn test_valkey() -> ValkeyServer {
    or_fail(ValkeyServer::start_temporary(&test_programs(), ValkeyOptions::new("")))
}

/// A Valkey Cluster of three nodes.
#[must_use]
pub fn test_valkey_cluster() -> ValkeyCluster {
    or_fail(ValkeyCluster::start(&test_programs()))
}

/// The programs, found or installed once for this process.
#[must_use]
pub fn test_programs() -> Programs {
    or_fail(found_programs())
}

fn found_programs() -> Result<Programs> {
    static PROGRAMS: LazyLock<Result<Programs, Missing>> = LazyLock::new(|| programs(install_policy()));
    Ok(PROGRAMS.clone()?)
}

/// A test that failed while it held the lock has changed nothing by halves.
fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[expect(clippy::panic, reason = "tests fail by panicking, and this serves nothing else")]
fn or_fail<T>(result: Result<T>) -> T {
    match result {
        Ok(value) => value,
        Err(error) => panic!("{error:#}"),
    }
}

//! Servers for tests. All tests of a process share one Postgres, in which each test has its own database, and one Valkey,
//! in which each test has its own database number. An error here fails the test with a message.

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

/// The Postgres that all tests of this process share. It is fast, and its data is lost at the end.
pub struct TestPostgres {
    server: PostgresServer,
    /// By the name of the template: whether it is ready.
    templates: Mutex<HashMap<String, Arc<Mutex<bool>>>>,
    databases: AtomicU64,
}

/// A test's own database. It is deleted when this is dropped.
pub struct TestDatabase {
    name: String,
}

impl TestPostgres {
    /// The shared server; the first call starts it.
    #[must_use]
    pub fn shared() -> &'static Self {
        // An error is stored, so that every test reports it and not only the first one.
        static SHARED: LazyLock<Result<TestPostgres, String>> = LazyLock::new(|| {
            let server = found_programs().and_then(|programs| PostgresServer::start_temporary(&programs));
            let server = server.map_err(|error| format!("{error:#}"))?;
            Ok(TestPostgres { server, templates: Mutex::default(), databases: AtomicU64::default() })
        });
        or_fail(SHARED.as_ref().map_err(anyhow::Error::msg))
    }

    #[must_use]
    pub fn server(&self) -> &PostgresServer {
        &self.server
    }

    fn database(&self, template: &str, migrate: impl FnOnce(&str) + Send) -> Result<TestDatabase> {
        let ready = Arc::clone(lock(&self.templates).entry(template.to_owned()).or_default());
        let source = format!("template_{template}");
        let mut ready = lock(&ready);
        if !*ready {
            self.create_template(&source, migrate)?;
            *ready = true;
        }
        drop(ready);
        let name = format!("{template}_{}", self.databases.fetch_add(1, Ordering::Relaxed));
        // Here, copying files is several times faster than the default, which also writes everything to the log.
        let copy = format!("CREATE DATABASE \"{name}\" TEMPLATE \"{source}\" STRATEGY file_copy");
        self.server.execute("postgres", &copy)?;
        Ok(TestDatabase { name })
    }

    fn create_template(&self, name: &str, migrate: impl FnOnce(&str) + Send) -> Result<()> {
        // If one exists, a failed migration has left it behind.
        self.server.execute("postgres", &format!("DROP DATABASE IF EXISTS \"{name}\" WITH (FORCE)"))?;
        self.server.create_database(name)?;
        let url = self.server.url(name);
        // On another thread, so that `migrate` may block on a runtime although the test runs in one.
        let migrated = std::thread::scope(|scope| scope.spawn(|| migrate(&url)).join());
        if let Err(panic) = migrated {
            std::panic::resume_unwind(panic);
        }
        // A database with open connections cannot be copied.
        let close = format!(
            "ALTER DATABASE \"{name}\" WITH ALLOW_CONNECTIONS false;
             SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '{name}';"
        );
        self.server.execute("postgres", &close).map(drop)
    }
}

/// A new database that `migrate` has prepared. The first call for a template name creates a template database and passes
/// its URL to `migrate`; all calls copy it.
#[must_use]
pub fn test_database(template: &str, migrate: impl FnOnce(&str) + Send) -> TestDatabase {
    or_fail(TestPostgres::shared().database(template, migrate))
}

impl TestDatabase {
    #[must_use]
    pub fn url(&self) -> String {
        TestPostgres::shared().server.url(&self.name)
    }

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
        // If this fails, the database is lost with its server.
        let _ = TestPostgres::shared().server.execute("postgres", &drop);
    }
}

/// A Postgres that is not shared, for a test that stops it. All of these have the same system identifier.
#[must_use]
pub fn test_postgres() -> PostgresServer {
    or_fail(PostgresServer::start_temporary(&test_programs()))
}

/// The shared Valkey, with a new database number for each call.
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
        (number < VALKEY_DATABASES).then_some(()).context("all databases of the shared Valkey are in use"),
    );
    or_fail(SHARED.as_ref().map_err(anyhow::Error::msg)).url_of_database(number)
}

/// A Valkey that is not shared, without persistence, for a test that stops it.
#[must_use]
pub fn test_valkey() -> ValkeyServer {
    or_fail(ValkeyServer::start_temporary(&test_programs(), ValkeyOptions::new("")))
}

#[must_use]
pub fn test_valkey_cluster() -> ValkeyCluster {
    or_fail(ValkeyCluster::start(&test_programs()))
}

/// Found, or installed, once for this process.
#[must_use]
pub fn test_programs() -> Programs {
    or_fail(found_programs())
}

fn found_programs() -> Result<Programs> {
    static PROGRAMS: LazyLock<Result<Programs, Missing>> = LazyLock::new(|| programs(install_policy()));
    Ok(PROGRAMS.clone()?)
}

/// A test that panicked while it held the lock has left nothing half changed.
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

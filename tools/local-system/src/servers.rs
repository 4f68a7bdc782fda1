//! The Postgres and the Valkey of a system: private ones, or external ones that run already.

use std::{
    cell::LazyCell,
    sync::{Mutex, MutexGuard, PoisonError},
};

use anyhow::{Context, Result};
use booked_sandbox::{
    PostgresOptions, PostgresServer, Programs, ValkeyOptions, ValkeyServer, install_policy, programs,
};

use crate::{
    Progress, Servers, Service,
    data_folder::{DataFolder, Secret},
};

/// The only user of a private Valkey.
const VALKEY_USER: &str = "booked";

pub(crate) struct RunningServers {
    postgres: Server<PostgresServer>,
    valkey: Server<ValkeyServer>,
}

enum Server<S> {
    Private(Box<Mutex<S>>),
    /// Its URL.
    External(String),
}

impl<S> Server<S> {
    /// The external one, or else a private one.
    fn start(external: Option<String>, private: impl FnOnce() -> Result<S>) -> Result<Self> {
        Ok(match external {
            Some(url) => Self::External(url),
            None => Self::Private(Box::new(Mutex::new(private()?))),
        })
    }

    /// A test that panicked while it held the lock has left the server running or stopped, and both are valid.
    fn private(&self) -> Option<MutexGuard<'_, S>> {
        match self {
            Self::Private(server) => Some(server.lock().unwrap_or_else(PoisonError::into_inner)),
            Self::External(_) => None,
        }
    }
}

impl RunningServers {
    /// Starts what is not external, and installs it first if necessary.
    pub(crate) fn start(servers: &Servers, folder: &DataFolder, progress: &Progress) -> Result<Self> {
        let (database_url, valkey_url) = match servers {
            Servers::External { database_url, valkey_url } => (database_url.clone(), valkey_url.clone()),
            Servers::Persistent | Servers::Temporary => (None, None),
        };
        let persistent = !matches!(servers, Servers::Temporary);
        let programs = LazyCell::new(|| {
            progress.step("Looking for PostgreSQL and Valkey");
            programs(install_policy())
        });
        let found = || programs.as_ref().map_err(|missing| anyhow::anyhow!("{missing}"));
        let postgres = Server::start(database_url, || {
            let programs = found()?;
            progress.step("Starting PostgreSQL");
            start_postgres(programs, folder, persistent)
        })?;
        let valkey = Server::start(valkey_url, || {
            let programs = found()?;
            progress.step("Starting Valkey");
            start_valkey(programs, folder, persistent)
        })?;
        Ok(Self { postgres, valkey })
    }

    /// Deletes all data of private servers; external ones keep theirs.
    pub(crate) fn delete_data(&self) -> Result<()> {
        if let Some(postgres) = self.postgres() {
            for service in Service::with_database() {
                let drop = format!("DROP DATABASE IF EXISTS {} WITH (FORCE)", service.database());
                postgres.execute("postgres", &drop)?;
            }
        }
        if let Some(valkey) = self.valkey() {
            valkey.flush_all()?;
        }
        Ok(())
    }

    /// Creates the services' databases on a private Postgres; on an external one, the migrations create them.
    pub(crate) fn create_databases(&self) -> Result<()> {
        if let Some(postgres) = self.postgres() {
            for service in Service::with_database() {
                postgres.create_database(&service.database())?;
            }
        }
        Ok(())
    }

    pub(crate) fn database_url(&self, service: Service) -> Result<String> {
        let database = service.database();
        match &self.postgres {
            Server::External(url) => with_database(url, &database),
            private => Ok(private.private().map(|server| server.url(&database)).unwrap_or_default()),
        }
    }

    pub(crate) fn valkey_url(&self) -> String {
        match &self.valkey {
            Server::External(url) => url.clone(),
            private => private.private().map(|server| server.url()).unwrap_or_default(),
        }
    }

    /// None if Postgres is external.
    pub(crate) fn postgres(&self) -> Option<MutexGuard<'_, PostgresServer>> {
        self.postgres.private()
    }

    /// None if Valkey is external.
    pub(crate) fn valkey(&self) -> Option<MutexGuard<'_, ValkeyServer>> {
        self.valkey.private()
    }

    /// External servers go on.
    pub(crate) fn stop(&self) {
        if let Some(mut valkey) = self.valkey() {
            valkey.stop();
        }
        if let Some(mut postgres) = self.postgres() {
            postgres.stop();
        }
    }
}

/// A persistent server asks for a password, because other users of this machine can reach its port.
fn start_postgres(programs: &Programs, folder: &DataFolder, persistent: bool) -> Result<PostgresServer> {
    if !persistent {
        return PostgresServer::start_temporary(programs);
    }
    let password = folder.secret(Secret::PostgresPassword)?;
    let options = PostgresOptions { password: Some(password), ..PostgresOptions::new(folder.postgres()) };
    PostgresServer::start(programs, options)
}

fn start_valkey(programs: &Programs, folder: &DataFolder, persistent: bool) -> Result<ValkeyServer> {
    let options = ValkeyOptions::new(folder.valkey());
    if !persistent {
        return ValkeyServer::start_temporary(programs, options);
    }
    let password = folder.secret(Secret::ValkeyPassword)?;
    let user_password = Some((VALKEY_USER.to_owned(), password));
    ValkeyServer::start(programs, ValkeyOptions { user_password, append_only: true, ..options })
}

/// The URL of a server with this database instead of the one that it names.
fn with_database(url: &str, database: &str) -> Result<String> {
    let (url, query) = url.split_once('?').map_or((url, None), |(url, query)| (url, Some(query)));
    let (scheme, rest) =
        url.split_once("://").context("the database URL does not begin with a scheme, like postgres://")?;
    let authority = rest.split('/').next().unwrap_or_default();
    let query = query.map(|query| format!("?{query}")).unwrap_or_default();
    Ok(format!("{scheme}://{authority}/{database}{query}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_service_has_its_own_database_on_an_external_server() {
        let urls = [
            ("postgres://me@host:5432", "postgres://me@host:5432/booked_user"),
            ("postgres://me:p%2F@host/postgres", "postgres://me:p%2F@host/booked_user"),
            (
                "postgres://host/x?sslmode=verify-full&sslrootcert=/a/b",
                "postgres://host/booked_user?sslmode=verify-full&sslrootcert=/a/b",
            ),
        ];
        for (server, expected) in urls {
            assert_eq!(with_database(server, "booked_user").unwrap(), expected);
        }
        assert!(with_database("host", "booked_user").is_err());
    }
}

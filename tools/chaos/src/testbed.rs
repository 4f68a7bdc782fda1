//! The system under faults: three replicas of ticketing, and a Postgres and a Valkey that are reached by proxies.

use std::{
    path::Path,
    sync::{Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use anyhow::{Context as _, Result};
use booked_local_system::{Binaries, Progress, Replicas, Servers, Service, System, SystemOptions};
use booked_sandbox::{PostgresServer, ValkeyOptions, ValkeyServer, install_policy, programs};

use super::proxy::Proxy;

const TICKETING: Replicas = Replicas { service: Service::Ticketing, count: 3 };
/// All times are short, so that a short run meets every deadline many times. There are few buyers, and they reserve again
/// and again, so nobody may be refused for holding too much.
const TICKETING_SETTINGS: [(&str, &str); 9] = [
    ("HOLDS_PER_USER_MAX", "1000000"),
    ("VALKEY_TIMEOUT_MS", "500"),
    ("DATABASE_ACQUIRE_TIMEOUT_MS", "500"),
    ("DATABASE_TIMEOUT_MS", "1000"),
    ("BOOKING_QUEUE_WAIT_MAX_MS", "500"),
    ("CLAIM_TTL_MS", "3500"),
    ("LOAD_LEASE_MS", "2000"),
    ("JANITOR_INTERVAL_MS", "200"),
    ("RECONCILER_INTERVAL_MS", "1000"),
];
/// The lowest that bcrypt accepts: the run has many accounts and no secrets.
const BCRYPT_COST: &str = "4";

/// A system, its servers, and the proxies between them. Everything ends when this is dropped.
pub(crate) struct Testbed {
    // Dropped before the servers, which it uses until it has stopped.
    pub(crate) system: System,
    postgres: Mutex<PostgresServer>,
    valkey: Mutex<ValkeyServer>,
    pub(crate) to_postgres: Proxy,
    pub(crate) to_valkey: Proxy,
}

impl Testbed {
    /// Blocks a thread of the runtime until everything has started.
    pub(crate) async fn start(
        folder: &Path,
        hold: Duration,
        binaries: &Binaries,
        further: Vec<(Service, String, String)>,
    ) -> Result<Self> {
        let (postgres, valkey) = tokio::task::block_in_place(servers)?;
        let to_postgres = Proxy::to(postgres.port()).await?;
        let to_valkey = Proxy::to(valkey.port()).await?;
        let database_url = with_port(&postgres.url("postgres"), postgres.port(), to_postgres.port());
        let valkey_url = with_port(&valkey.url(), valkey.port(), to_valkey.port());
        let settings =
            TICKETING_SETTINGS.map(|(name, value)| (Service::Ticketing, name.to_owned(), value.to_owned()));
        let bcrypt_cost = (Service::User, "BCRYPT_COST".to_owned(), BCRYPT_COST.to_owned());
        let options = SystemOptions {
            servers: Servers::External { database_url: Some(database_url), valkey_url: Some(valkey_url) },
            replicas: vec![TICKETING],
            hold,
            settings: settings.into_iter().chain([bcrypt_cost]).chain(further).collect(),
            ..SystemOptions::new(folder)
        };
        let system = tokio::task::block_in_place(|| System::start(&options, binaries, &Progress::Silent))?;
        Ok(Self {
            system,
            postgres: Mutex::new(postgres),
            valkey: Mutex::new(valkey),
            to_postgres,
            to_valkey,
        })
    }

    /// The names of the processes to inject faults into: all, and the replicas of ticketing more often than the others.
    pub(crate) fn targets(&self) -> Vec<String> {
        let processes = self.system.processes().iter();
        let times = |service| if service == Service::Ticketing { 3 } else { 1 };
        processes.flat_map(|process| vec![process.name(); times(process.service())]).collect()
    }

    pub(crate) fn postgres(&self) -> MutexGuard<'_, PostgresServer> {
        self.postgres.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn valkey(&self) -> MutexGuard<'_, ValkeyServer> {
        self.valkey.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn servers() -> Result<(PostgresServer, ValkeyServer)> {
    let programs = programs(install_policy()).context("Postgres and Valkey are needed")?;
    let postgres = PostgresServer::start_temporary(&programs)?;
    let valkey = ValkeyServer::start_temporary(&programs, ValkeyOptions::new("valkey"))?;
    Ok((postgres, valkey))
}

/// The same URL with another port.
fn with_port(url: &str, port: u16, other: u16) -> String {
    url.replacen(&format!(":{port}"), &format!(":{other}"), 1)
}

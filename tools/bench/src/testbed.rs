//! A system on its own durable servers.

use std::{
    path::{Path, PathBuf},
    sync::{Mutex, MutexGuard, PoisonError},
};

use anyhow::{Context as _, Result, ensure};
use booked_contract::event::NewEvent;
use booked_load::client::{Gateway, Session, Timeouts};
use booked_local_system::{Progress, Servers, Service, System, SystemOptions};
use booked_sandbox::{PostgresOptions, PostgresServer, ValkeyOptions, ValkeyServer};
use tokio::task::block_in_place;
use uuid::Uuid;

use super::{settings::HOLDS_PER_USER_MAX, signer::Signer};
use crate::{context::BenchContext, usage::CpuTimes};

/// In 2030.
const EVENT_UNIX_TIME: i64 = 1_900_000_000;

/// Everything ends when this is dropped.
pub(super) struct Testbed {
    // Dropped before the servers, which it uses until it has stopped.
    pub(super) system: System,
    postgres: Mutex<PostgresServer>,
    pub(super) valkey: ValkeyServer,
    pub(super) gateway: Gateway,
    pub(super) admin: Session,
    folder: PathBuf,
}

impl Testbed {
    /// Starts a system with these further settings. Its folder has this name.
    pub(super) async fn start(
        bench: &BenchContext,
        name: &str,
        settings: &[(Service, &str, String)],
    ) -> Result<Self> {
        let folder = bench.folder.join(name);
        // Without passwords, since the programs of the floors would show them on their command lines. Everything is on
        // 127.0.0.1 and contains no real data.
        let postgres = block_in_place(|| {
            PostgresServer::start(&bench.tools.servers, PostgresOptions::new(folder.join("postgres-data")))
        })?;
        for setting in ["fsync", "synchronous_commit", "full_page_writes"] {
            let value = postgres.execute("postgres", &format!("SHOW {setting}"))?;
            ensure!(value.trim() == "on", "{setting} is {value}");
        }
        let options = ValkeyOptions { append_only: true, ..ValkeyOptions::new(folder.join("valkey-data")) };
        let valkey = block_in_place(|| ValkeyServer::start(&bench.tools.servers, options))?;
        let options = SystemOptions {
            servers: Servers::External {
                database_url: Some(postgres.url("postgres")),
                valkey_url: Some(valkey.url()),
            },
            settings: settings
                .iter()
                .chain([&(Service::Ticketing, "HOLDS_PER_USER_MAX", HOLDS_PER_USER_MAX.to_string())])
                .map(|(of, name, value)| (*of, (*name).to_owned(), value.clone()))
                .collect(),
            ..SystemOptions::new(folder.join("system"))
        };
        let system = block_in_place(|| System::start(&options, &bench.binaries, &Progress::Silent))?;
        let gateway = Gateway::new(&system.gateway_url(), Timeouts::default())?;
        let admin = Signer::of(&system)?.admin(&gateway)?;
        Ok(Self { system, postgres: Mutex::new(postgres), valkey, gateway, admin, folder })
    }

    /// For scripts and other files of a benchmark.
    pub(super) fn folder(&self) -> &Path {
        &self.folder
    }

    pub(super) fn url(&self) -> String {
        self.system.gateway_url()
    }

    pub(super) async fn event(&self, seats: u32) -> Result<Uuid> {
        self.event_with_limit(seats, None).await
    }

    /// An event of which one user may hold and have this many tickets.
    pub(super) async fn event_with_limit(&self, seats: u32, max_per_buyer: Option<i64>) -> Result<Uuid> {
        let event = NewEvent {
            name: "A concert".to_owned(),
            unix_time: Some(EVENT_UNIX_TIME),
            address: "Prenzlauer Berg, Berlin".to_owned(),
            description: "Schubert, and soup".to_owned(),
            seat_count: i64::from(seats),
            max_per_buyer,
            ..NewEvent::default()
        };
        Ok(self.admin.create_event(&event).await?)
    }

    pub(super) fn database_url(&self, database: &str) -> String {
        self.postgres().url(database)
    }

    pub(super) fn sql(&self, service: Service, sql: &str) -> Result<String> {
        self.sql_in(&service.database(), sql)
    }

    pub(super) fn sql_in(&self, database: &str, sql: &str) -> Result<String> {
        block_in_place(|| self.postgres().execute(database, sql))
    }

    pub(super) fn create_database(&self, name: &str) -> Result<()> {
        block_in_place(|| self.postgres().create_database(name))
    }

    /// Processor time of each process and server so far.
    pub(super) fn cpu(&self) -> Result<CpuTimes> {
        let processes = self.system.processes().iter();
        let named = processes.filter_map(|process| Some((process.service().to_string(), process.pid()?)));
        let valkey = self.valkey.command(&["INFO", "server"])?;
        let pid = valkey.lines().find_map(|line| line.trim().strip_prefix("process_id:"));
        let valkey = pid.context("Valkey does not report its process id")?.parse()?;
        let postmaster = std::fs::read_to_string(self.postgres().data_dir().join("data/postmaster.pid"))?;
        let postgres = postmaster.lines().next().unwrap_or_default().trim().parse()?;
        let servers = [("valkey", valkey), ("postgres", postgres)].map(|(name, pid)| (name.to_owned(), pid));
        Ok(CpuTimes::of(named.chain(servers)))
    }

    fn postgres(&self) -> MutexGuard<'_, PostgresServer> {
        self.postgres.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

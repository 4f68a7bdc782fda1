//! All of it, running: the five, their Postgres and their Valkey.

use std::{
    net::{Ipv4Addr, TcpListener},
    path::PathBuf,
    sync::MutexGuard,
    thread::{scope, sleep},
    time::{Duration, Instant},
};

use anyhow::{Context, Result, bail};
use booked_checker::Sources;
use booked_sandbox::{PostgresServer, ValkeyServer};

use crate::{
    Binaries, Process, Progress, Service, SystemOptions, accounts,
    commands::Commands,
    data_folder::{DataFolder, Secret},
    data_urls,
    servers::RunningServers,
    start::start_processes,
};

const PORT_POLL: Duration = Duration::from_millis(20);
/// How long the gateway's port may still belong to a copy that has just gone.
const PORT_BUSY_MAX: Duration = Duration::from_secs(3);

/// A running system. It stops when this is dropped, and when the process that owns it dies, however it dies.
pub struct System {
    // The five before the servers, and these before their folder: that is the order in which they go.
    processes: Vec<Process>,
    servers: RunningServers,
    folder: DataFolder,
    admin: Admin,
}

/// The admin's log-in.
#[derive(Clone)]
pub struct Admin {
    /// The email.
    pub email: String,
    /// The password.
    pub password: String,
}

impl System {
    /// Starts everything and waits until it is ready.
    ///
    /// # Errors
    ///
    /// In words for a person, with the last words of a process that ended: where the folder or the port is taken, a
    /// server is missing, a migration fails, a process ends while starting.
    pub fn start(options: &SystemOptions, binaries: &Binaries, progress: &Progress) -> Result<Self> {
        let folder = DataFolder::claim(&options.data_dir)?;
        options.port.map_or(Ok(()), await_port)?;
        let servers = RunningServers::start(&options.servers, &folder, progress)?;
        if options.empty {
            progress.step("Forgetting all data");
            servers.empty()?;
            folder.forget_identity()?;
        }
        servers.create_databases()?;
        folder.secret(Secret::InternalCredential)?;
        data_urls::keep(&folder, &servers)?;

        let commands = Commands { options, binaries, folder: &folder, servers: &servers };
        progress.step("Migrating the databases");
        commands.migrate()?;
        let admin = accounts::prepare(&commands, progress)?;
        let processes = start_processes(&commands, progress)?;
        Ok(Self { processes, servers, folder, admin })
    }

    /// Where clients find it, without a slash at the end.
    #[must_use]
    pub fn gateway_url(&self) -> String {
        let gateway = self.processes.iter().find(|process| process.service() == Service::Gateway);
        gateway.map(Process::url).unwrap_or_default()
    }

    /// The admin's log-in.
    #[must_use]
    pub fn admin(&self) -> &Admin {
        &self.admin
    }

    /// The file in which the admin's password is kept, readable for its owner alone.
    #[must_use]
    pub fn admin_password_file(&self) -> PathBuf {
        self.folder.secret_file(Secret::AdminPassword)
    }

    /// All processes, the gateway last.
    #[must_use]
    pub fn processes(&self) -> &[Process] {
        &self.processes
    }

    /// A process by its name, `ticketing-1` or `gateway`.
    ///
    /// # Errors
    ///
    /// Where there is none of that name.
    pub fn process(&self, name: &str) -> Result<&Process> {
        let found = self.processes.iter().find(|process| process.name() == name);
        found.with_context(|| format!("no process is called {name}"))
    }

    /// The processes that ended though nobody ended them, in words.
    #[must_use]
    pub fn crashed(&self) -> Vec<String> {
        let crashed = self.processes.iter().filter(|process| process.has_crashed());
        crashed
            .map(|process| format!("{} ended by itself; see {}", process.name(), process.log().display()))
            .collect()
    }

    /// The private Postgres, where it is one.
    #[must_use]
    pub fn postgres(&self) -> Option<MutexGuard<'_, PostgresServer>> {
        self.servers.postgres()
    }

    /// The private Valkey, where it is one.
    #[must_use]
    pub fn valkey(&self) -> Option<MutexGuard<'_, ValkeyServer>> {
        self.servers.valkey()
    }

    /// Where the history checker reads what this system holds.
    ///
    /// # Errors
    ///
    /// Where the folder is gone.
    pub fn sources(&self) -> Result<Sources> {
        data_urls::sources_of(self.folder.path())
    }

    /// The folder with data, logs and secrets.
    #[must_use]
    pub fn data_dir(&self) -> &std::path::Path {
        self.folder.path()
    }

    /// Stops everything, the gateway first, the servers last. Data stays.
    pub fn stop(&self) {
        let (gateways, services): (Vec<&Process>, Vec<&Process>) =
            self.processes.iter().partition(|process| process.service() == Service::Gateway);
        for tier in [gateways, services] {
            scope(|scope| tier.into_iter().for_each(|process| drop(scope.spawn(|| process.stop()))));
        }
        self.servers.stop();
    }
}

impl Drop for System {
    fn drop(&mut self) {
        self.stop();
    }
}

/// Says early and plainly that the gateway's port is somebody else's.
fn await_port(port: u16) -> Result<()> {
    let deadline = Instant::now() + PORT_BUSY_MAX;
    while TcpListener::bind((Ipv4Addr::LOCALHOST, port)).is_err() {
        if Instant::now() > deadline {
            bail!("port {port} is taken; choose another one with --port");
        }
        sleep(PORT_POLL);
    }
    Ok(())
}

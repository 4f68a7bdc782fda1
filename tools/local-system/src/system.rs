//! A running system: all components, their Postgres and their Valkey.

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
    Admin, Binaries, Process, Progress, Service, SystemOptions, accounts,
    commands::Commands,
    data_folder::{DataFolder, Secret},
    data_urls,
    servers::RunningServers,
    start::start_processes,
};

const PORT_POLL: Duration = Duration::from_millis(20);
/// How long the gateway's port may still belong to a system that was just stopped.
const PORT_BUSY_MAX: Duration = Duration::from_secs(3);

/// A running system. It stops when this is dropped, and when the process that owns it dies, however it dies.
pub struct System {
    // Fields are dropped in this order: the components need the servers, and the servers their folder.
    processes: Vec<Process>,
    servers: RunningServers,
    folder: DataFolder,
    admin: Admin,
}

impl System {
    /// Starts everything and waits until it is ready.
    ///
    /// # Errors
    ///
    /// If the folder or the port is in use, a server is missing, a migration fails, or a process exits while starting; then
    /// with the end of its log.
    pub fn start(options: &SystemOptions, binaries: &Binaries, progress: &Progress) -> Result<Self> {
        let folder = DataFolder::claim(&options.data_dir)?;
        options.port.map_or(Ok(()), await_port)?;
        let servers = RunningServers::start(&options.servers, &folder, progress)?;
        if options.empty {
            progress.step("Deleting all data");
            servers.delete_data()?;
            folder.delete_identity()?;
        }
        servers.create_databases()?;
        folder.secret(Secret::InternalCredential)?;
        data_urls::store(&folder, &servers)?;

        let commands = Commands { options, binaries, folder: &folder, servers: &servers };
        progress.step("Migrating the databases");
        commands.migrate()?;
        let admin = accounts::prepare(&commands, progress)?;
        let processes = start_processes(&commands, progress)?;
        Ok(Self { processes, servers, folder, admin })
    }

    /// Without a slash at the end.
    #[must_use]
    pub fn gateway_url(&self) -> String {
        let gateway = self.processes.iter().find(|process| process.service() == Service::Gateway);
        gateway.map(Process::url).unwrap_or_default()
    }

    #[must_use]
    pub fn admin(&self) -> &Admin {
        &self.admin
    }

    /// The file that holds the admin's password; only its owner can read it.
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
    /// If there is none of that name.
    pub fn process(&self, name: &str) -> Result<&Process> {
        let found = self.processes.iter().find(|process| process.name() == name);
        found.with_context(|| format!("no process is called {name}"))
    }

    /// A line for each process that exited though it was not stopped.
    #[must_use]
    pub fn crashed(&self) -> Vec<String> {
        let crashed = self.processes.iter().filter(|process| process.has_crashed());
        crashed
            .map(|process| format!("{} ended on its own; see {}", process.name(), process.log().display()))
            .collect()
    }

    /// The Postgres, if it is a private one.
    #[must_use]
    pub fn postgres(&self) -> Option<MutexGuard<'_, PostgresServer>> {
        self.servers.postgres()
    }

    /// The Valkey, if it is a private one.
    #[must_use]
    pub fn valkey(&self) -> Option<MutexGuard<'_, ValkeyServer>> {
        self.servers.valkey()
    }

    /// Where the history checker reads what this system holds.
    ///
    /// # Errors
    ///
    /// If the folder is gone.
    pub fn sources(&self) -> Result<Sources> {
        data_urls::sources_of(self.folder.path())
    }

    /// The folder with data, logs and secrets.
    #[must_use]
    pub fn data_dir(&self) -> &std::path::Path {
        self.folder.path()
    }

    /// Stops everything, the gateway first, the servers last. The data is kept.
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

/// Fails early, and with clear words, if another program uses the gateway's port.
fn await_port(port: u16) -> Result<()> {
    let deadline = Instant::now() + PORT_BUSY_MAX;
    while TcpListener::bind((Ipv4Addr::LOCALHOST, port)).is_err() {
        if Instant::now() > deadline {
            bail!("port {port} is in use; choose another one with --port");
        }
        sleep(PORT_POLL);
    }
    Ok(())
}

//! All of it, running: the five, their Postgres and their Valkey.

use std::net::{Ipv4Addr, TcpListener};
use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::sync::MutexGuard;
use std::thread::{scope, sleep};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail, ensure};
use booked_sandbox::{PostgresServer, ValkeyServer, free_port};
use booked_verify::Sources;

use crate::accounts;
use crate::data_folder::{DataFolder, Secret};
use crate::data_urls;
use crate::environment::{Ports, Seat, of_commands, of_serving};
use crate::process::Start;
use crate::servers::RunningServers;
use crate::{Binaries, Process, Progress, Service, SystemOptions};

const READY_WITHIN: Duration = Duration::from_secs(60);
const READY_POLL: Duration = Duration::from_millis(20);
/// How often ports are chosen anew where somebody else was quicker to take one.
const PORT_ATTEMPTS_MAX: u32 = 3;
const PORT_TAKEN: &str = "Address already in use";
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
        let processes = commands.start_processes(progress)?;
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

/// Runs the programs of the five on these servers.
pub(crate) struct Commands<'a> {
    pub(crate) options: &'a SystemOptions,
    pub(crate) folder: &'a DataFolder,
    binaries: &'a Binaries,
    servers: &'a RunningServers,
}

/// How a command ended, and what it wrote to standard error.
pub(crate) struct Finished {
    pub(crate) code: Option<i32>,
    pub(crate) words: String,
}

impl Commands<'_> {
    /// Runs a command of a service to its end.
    pub(crate) fn run(&self, service: Service, words: &[&str], secrets: &[(&str, &str)]) -> Result<Finished> {
        let mut command = Command::new(self.binaries.of(service)?);
        command.args(words).envs(secrets.iter().copied()).stdin(Stdio::null());
        command.envs(of_commands(service, self.options, self.folder, self.servers)?);
        let output = command.output().with_context(|| format!("cannot run {}", service.program()))?;
        let words = String::from_utf8_lossy(&output.stderr).trim().to_owned();
        Ok(Finished { code: output.status.code(), words })
    }

    /// Brings the four databases up to date, side by side.
    fn migrate(&self) -> Result<()> {
        scope(|scope| {
            let migrations = Service::BEHIND_GATEWAY
                .map(|service| (service, scope.spawn(move || self.run(service, &["migrate"], &[]))));
            for (service, migration) in migrations {
                let Ok(done) = migration.join() else { bail!("migrating {service} was interrupted") };
                let Finished { code, words } = done?;
                ensure!(code == Some(0), "migrating the database of {service} failed:\n{words}");
            }
            Ok(())
        })
    }

    fn start_processes(&self, progress: &Progress) -> Result<Vec<Process>> {
        let mut attempts = 0;
        loop {
            attempts += 1;
            let seats = self.seats()?;
            let processes =
                seats.iter().map(|seat| self.process(*seat, &seats)).collect::<Result<Vec<_>>>()?;
            processes.iter().try_for_each(Process::start)?;
            match await_ready(&processes, progress) {
                Err(error) if attempts < PORT_ATTEMPTS_MAX && error.to_string().contains(PORT_TAKEN) => {}
                other => return other.map(|()| processes),
            }
        }
    }

    fn seats(&self) -> Result<Vec<Seat>> {
        let mut seats = Vec::new();
        for service in Service::ALL {
            for number in 1..=self.options.replicas_of(service) {
                let wanted = self.options.port.filter(|_| service == Service::Gateway);
                let ports = Ports { traffic: wanted.map_or_else(free_port, Ok)?, admin: free_port()? };
                seats.push(Seat { service, number, ports });
            }
        }
        Ok(seats)
    }

    fn process(&self, seat: Seat, all: &[Seat]) -> Result<Process> {
        let mut environment = of_serving(seat, all);
        environment.extend(of_commands(seat.service, self.options, self.folder, self.servers)?);
        let program = self.binaries.of(seat.service)?;
        Ok(Process::new(seat, program, environment, self.folder.log_of(&seat.name())))
    }
}

fn await_ready(processes: &[Process], progress: &Progress) -> Result<()> {
    let deadline = Instant::now() + READY_WITHIN;
    let mut waiting: Vec<&Process> = processes.iter().collect();
    let mut said = 0;
    while !waiting.is_empty() {
        if waiting.len() != said {
            said = waiting.len();
            let names: Vec<String> = waiting.iter().map(|process| process.name()).collect();
            progress.step(&format!("Waiting for {}", names.join(", ")));
        }
        let mut left = Vec::new();
        for process in waiting {
            match process.look() {
                Start::Ready => {}
                Start::Starting => left.push(process),
                Start::Failed(words) => {
                    bail!("{} ended while starting; {}:\n{words}", process.name(), process.log().display())
                }
            }
        }
        waiting = left;
        if let Some(process) = waiting.first() {
            let (name, log) = (process.name(), process.log().display());
            ensure!(Instant::now() < deadline, "{name} is not ready after {READY_WITHIN:?}; see {log}");
            sleep(READY_POLL);
        }
    }
    Ok(())
}

/// Says early and plainly that the gateway's port is somebody else's.
fn await_port(port: u16) -> Result<()> {
    let deadline = Instant::now() + PORT_BUSY_MAX;
    while TcpListener::bind((Ipv4Addr::LOCALHOST, port)).is_err() {
        if Instant::now() > deadline {
            bail!("port {port} is taken; choose another one with --port");
        }
        sleep(READY_POLL);
    }
    Ok(())
}

//! A private Valkey server on a port of 127.0.0.1.

mod cluster;
mod config;

use std::{
    ffi::OsString,
    path::{Path, PathBuf},
    process::Command,
    thread::sleep,
    time::{Duration, Instant},
};

use anyhow::{Context, Result, bail};
pub use cluster::ValkeyCluster;
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};

use crate::{
    home::Home,
    port,
    programs::Programs,
    supervisor::{Signals, Supervised},
    tls::TlsFiles,
};

const ACCOUNT: &str = "valkey";
const SIGNALS: Signals = Signals { stop: "TERM", kill: "KILL", grace_seconds: 10 };
const READY_WITHIN: Duration = Duration::from_secs(60);
const PORT_ATTEMPTS_MAX: u32 = 5;
/// How long a restart waits for a port that somebody else took meanwhile.
const PORT_BUSY_MAX: Duration = Duration::from_secs(10);
const PORT_BUSY_POLL: Duration = Duration::from_millis(100);

/// How a [`ValkeyServer`] is to be.
#[derive(Clone)]
pub struct ValkeyOptions {
    /// The wanted data folder; [`ValkeyServer::data_dir`] tells which one was taken.
    pub dir: PathBuf,
    /// With it, the server accepts TLS connections only.
    pub tls: Option<TlsFiles>,
    /// The one user and their password; without it, everybody may connect.
    pub user_password: Option<(String, String)>,
    /// Whether data outlives the server (written each second); else it is gone with it.
    pub append_only: bool,
    /// The number of databases.
    pub databases: u16,
    /// Whether the server is a node of a Valkey Cluster; see [`ValkeyCluster`].
    pub cluster: bool,
    /// The port; without it, a free one.
    pub port: Option<u16>,
}

impl ValkeyOptions {
    /// A server in `dir` without persistence, TLS and password.
    #[must_use]
    pub fn new(dir: impl Into<PathBuf>) -> Self {
        Self {
            dir: dir.into(),
            tls: None,
            user_password: None,
            append_only: false,
            databases: 16,
            cluster: false,
            port: None,
        }
    }
}

/// A running Valkey. It is stopped when dropped, and when the process that owns it dies, however it dies.
pub struct ValkeyServer {
    programs: Programs,
    options: ValkeyOptions,
    ports: Ports,
    // Before the folder, so that the server is gone when its folder goes.
    running: Option<Supervised>,
    home: Home,
}

/// Where a server listens.
#[derive(Clone, Copy)]
struct Ports {
    clients: u16,
    /// For the other nodes of a Cluster.
    bus: Option<u16>,
}

impl ValkeyServer {
    /// Starts a server in the folder.
    ///
    /// # Errors
    ///
    /// With the server's own words where it does not start.
    pub fn start(programs: &Programs, options: ValkeyOptions) -> Result<Self> {
        let home = Home::claim(&options.dir, ACCOUNT)?;
        Self::start_in(programs, options, home)
    }

    /// Starts a server in a temporary folder, otherwise as `options` say.
    ///
    /// # Errors
    ///
    /// As [`ValkeyServer::start`].
    pub fn start_temporary(programs: &Programs, options: ValkeyOptions) -> Result<Self> {
        let home = Home::temporary(ACCOUNT)?;
        Self::start_in(programs, ValkeyOptions { dir: home.path.clone(), ..options }, home)
    }

    /// `redis://127.0.0.1:port/0`, `rediss://` where there is TLS, with user and password where there are.
    #[must_use]
    pub fn url(&self) -> String {
        self.url_of_database(0)
    }

    /// The same for another database.
    #[must_use]
    pub fn url_of_database(&self, number: u16) -> String {
        let encode = |text: &str| utf8_percent_encode(text, NON_ALPHANUMERIC).to_string();
        let scheme = if self.options.tls.is_some() { "rediss" } else { "redis" };
        let user = match &self.options.user_password {
            Some((user, password)) => format!("{}:{}@", encode(user), encode(password)),
            None => String::new(),
        };
        format!("{scheme}://{user}127.0.0.1:{}/{number}", self.ports.clients)
    }

    /// The folder that is really used: the wanted one, or one elsewhere where the server cannot reach that.
    #[must_use]
    pub fn data_dir(&self) -> &Path {
        &self.home.path
    }

    /// The server's port on 127.0.0.1.
    #[must_use]
    pub fn port(&self) -> u16 {
        self.ports.clients
    }

    /// Sends one command by valkey-cli and returns the answer as text.
    ///
    /// # Errors
    ///
    /// Where there is no valkey-cli, the server is away, or it refuses the command.
    pub fn command(&self, words: &[&str]) -> Result<String> {
        let mut cli = Command::new(self.programs.valkey_cli.as_ref().context("valkey-cli is not installed")?);
        cli.args(["-e", "-h", "127.0.0.1", "-p", &self.ports.clients.to_string()]);
        if let Some((user, password)) = &self.options.user_password {
            cli.args(["--user", user]).env("REDISCLI_AUTH", password).env("VALKEYCLI_AUTH", password);
        }
        if let Some(tls) = &self.options.tls {
            cli.arg("--tls").arg("--cacert").arg(&tls.ca);
        }
        let output = cli.args(words).output().context("cannot run valkey-cli")?;
        let said = String::from_utf8_lossy(&output.stdout).trim_end().to_owned();
        if !output.status.success() {
            bail!("valkey-cli: {said}{}", String::from_utf8_lossy(&output.stderr).trim());
        }
        Ok(said)
    }

    /// Makes the server forget all data of all databases.
    ///
    /// # Errors
    ///
    /// As [`ValkeyServer::command`].
    pub fn flush_all(&self) -> Result<()> {
        self.command(&["FLUSHALL"]).map(drop)
    }

    /// Whether the server runs; it may have ended by itself.
    pub fn is_running(&mut self) -> bool {
        self.running.as_mut().is_some_and(|running| !running.has_ended())
    }

    /// Stops the server in good order. Its data stays only where it is append-only.
    pub fn stop(&mut self) {
        self.running = None;
    }

    /// Ends the server at once, as a crash would.
    pub fn kill(&mut self) {
        if let Some(running) = self.running.take() {
            running.kill();
        }
    }

    /// Starts the server again at the same port, after stopping it where it runs.
    ///
    /// # Errors
    ///
    /// As [`ValkeyServer::start`].
    pub fn restart(&mut self) -> Result<()> {
        self.stop();
        let deadline = Instant::now() + PORT_BUSY_MAX;
        loop {
            match self.launch() {
                Err(Failure::PortTaken(_)) if Instant::now() < deadline => sleep(PORT_BUSY_POLL),
                other => return other.map_err(Failure::into_error),
            }
        }
    }

    fn start_in(programs: &Programs, options: ValkeyOptions, home: Home) -> Result<Self> {
        let options = match &options.tls {
            Some(tls) => ValkeyOptions { tls: Some(tls.copy_into(&home)?), ..options },
            None => options,
        };
        let ports = Ports::choose(&options)?;
        let mut server = Self { programs: programs.clone(), options, ports, running: None, home };
        let mut attempts = 1;
        loop {
            match server.launch() {
                Err(Failure::PortTaken(_))
                    if attempts < PORT_ATTEMPTS_MAX && server.options.port.is_none() =>
                {
                    attempts += 1;
                    server.ports = Ports::choose(&server.options)?;
                }
                other => return other.map(|()| server).map_err(Failure::into_error),
            }
        }
    }

    fn launch(&mut self) -> Result<(), Failure> {
        let file = config::write(&self.home, &self.options, self.ports)?;
        let command: [OsString; 2] = [self.programs.valkey_server.clone().into(), file.into()];
        let mut running = Supervised::start(&self.home, &SIGNALS, &command)?;
        match running.await_ready(READY_WITHIN, says_ready) {
            Ok(()) => self.running = Some(running),
            Err(error) if running.log_text().contains("Address already in use") => {
                return Err(Failure::PortTaken(error));
            }
            Err(error) => return Err(Failure::Other(error)),
        }
        Ok(())
    }
}

impl Ports {
    fn choose(options: &ValkeyOptions) -> Result<Self> {
        let clients = options.port.map_or_else(port::free, Ok)?;
        let bus = options.cluster.then(port::free).transpose()?;
        Ok(Self { clients, bus })
    }
}

/// Whether the server's log says that it accepts connections; the socket cannot tell where it speaks TLS.
fn says_ready(running: &Supervised) -> bool {
    running.log_text().contains("Ready to accept connections")
}

/// Why a server did not start.
enum Failure {
    PortTaken(anyhow::Error),
    Other(anyhow::Error),
}

impl Failure {
    fn into_error(self) -> anyhow::Error {
        let (Self::PortTaken(error) | Self::Other(error)) = self;
        error.context("Valkey does not start")
    }
}

impl From<anyhow::Error> for Failure {
    fn from(error: anyhow::Error) -> Self {
        Self::Other(error)
    }
}

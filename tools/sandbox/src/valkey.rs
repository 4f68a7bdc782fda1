//! A private Valkey server on a port of 127.0.0.1.

mod cluster;
mod config;
mod options;

use std::{ffi::OsString, path::Path, process::Command};

use anyhow::{Context, Result, bail};
pub use cluster::ValkeyCluster;
use options::Ports;
pub use options::ValkeyOptions;
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};

use crate::{
    home::Home,
    launch::{LaunchError, PORT_ATTEMPTS_MAX, await_ready, launch_new, relaunch},
    programs::Programs,
    supervisor::{Signals, Supervised},
};

/// The operating system's account that the server runs as, if this process is root.
const ACCOUNT: &str = "valkey";
const SIGNALS: Signals = Signals { stop: "TERM", kill: "KILL", grace_seconds: 10 };
/// What Valkey logs if it cannot have its port.
const PORT_IN_USE: &str = "Address already in use";

/// A running Valkey. It is stopped when dropped, and when the process that owns it dies, however it dies.
pub struct ValkeyServer {
    programs: Programs,
    options: ValkeyOptions,
    ports: Ports,
    // Before the folder, so that the server has stopped when its folder is removed.
    running: Option<Supervised>,
    home: Home,
}

impl ValkeyServer {
    /// Starts a server in the data folder.
    ///
    /// # Errors
    ///
    /// If the server does not start, then with the end of its log.
    pub fn start(programs: &Programs, options: ValkeyOptions) -> Result<Self> {
        let home = Home::claim(&options.dir, ACCOUNT)?;
        Self::start_in(programs, options, home)
    }

    /// Starts a server in a temporary folder instead of the one in `options`.
    ///
    /// # Errors
    ///
    /// As [`ValkeyServer::start`].
    pub fn start_temporary(programs: &Programs, options: ValkeyOptions) -> Result<Self> {
        let home = Home::temporary(ACCOUNT)?;
        Self::start_in(programs, ValkeyOptions { dir: home.path.clone(), ..options }, home)
    }

    /// `redis://127.0.0.1:port/0`, or `rediss://` with TLS; with user and password if there are.
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

    /// The folder that is used: the preferred one, or another one if the server cannot access that.
    #[must_use]
    pub fn data_dir(&self) -> &Path {
        &self.home.path
    }

    /// On 127.0.0.1.
    #[must_use]
    pub fn port(&self) -> u16 {
        self.ports.clients
    }

    /// Sends one command with valkey-cli and returns the reply as text.
    ///
    /// # Errors
    ///
    /// If there is no valkey-cli, the server is unavailable, or the reply is an error.
    pub fn command(&self, args: &[&str]) -> Result<String> {
        let mut cli = Command::new(self.programs.valkey_cli.as_ref().context("valkey-cli is not installed")?);
        cli.args(["-e", "-h", "127.0.0.1", "-p", &self.ports.clients.to_string()]);
        if let Some((user, password)) = &self.options.user_password {
            cli.args(["--user", user]).env("REDISCLI_AUTH", password).env("VALKEYCLI_AUTH", password);
        }
        if let Some(tls) = &self.options.tls {
            cli.arg("--tls").arg("--cacert").arg(&tls.ca);
        }
        let output = cli.args(args).output().context("cannot run valkey-cli")?;
        let reply = String::from_utf8_lossy(&output.stdout).trim_end().to_owned();
        if !output.status.success() {
            bail!("valkey-cli: {reply}{}", String::from_utf8_lossy(&output.stderr).trim());
        }
        Ok(reply)
    }

    /// Deletes the data of all databases.
    ///
    /// # Errors
    ///
    /// As [`ValkeyServer::command`].
    pub fn flush_all(&self) -> Result<()> {
        self.command(&["FLUSHALL"]).map(drop)
    }

    /// Whether the server runs; it may have exited on its own.
    pub fn is_running(&mut self) -> bool {
        self.running.as_mut().is_some_and(|running| !running.has_ended())
    }

    /// Stops the server gracefully. Its data is kept only if it is append-only.
    pub fn stop(&mut self) {
        self.running = None;
    }

    /// Ends the server at once, as a crash would.
    pub fn kill(&mut self) {
        if let Some(running) = self.running.take() {
            running.kill();
        }
    }

    /// Stops the server if it runs, and starts it at the same port.
    ///
    /// # Errors
    ///
    /// As [`ValkeyServer::start`].
    pub fn restart(&mut self) -> Result<()> {
        self.stop();
        relaunch(|| self.launch()).context("Valkey does not start")
    }

    fn start_in(programs: &Programs, options: ValkeyOptions, home: Home) -> Result<Self> {
        let options = match &options.tls {
            Some(tls) => ValkeyOptions { tls: Some(tls.copy_into(&home)?), ..options },
            None => options,
        };
        let attempts_max = if options.port.is_some() { 1 } else { PORT_ATTEMPTS_MAX };
        let ports = Ports { clients: 0, bus: None };
        let mut server = Self { programs: programs.clone(), options, ports, running: None, home };
        let launched = launch_new(attempts_max, || {
            server.ports = Ports::choose(&server.options)?;
            server.launch()
        });
        launched.map(|()| server).context("Valkey does not start")
    }

    fn launch(&mut self) -> Result<(), LaunchError> {
        let file = config::write(&self.home, &self.options, self.ports)?;
        let command: [OsString; 2] = [self.programs.valkey_server.clone().into(), file.into()];
        let running = Supervised::start(&self.home, &SIGNALS, &command)?;
        self.running = Some(await_ready(running, PORT_IN_USE, is_ready)?);
        Ok(())
    }
}

/// Reads the server's log, because a socket that speaks TLS cannot be asked.
fn is_ready(running: &Supervised) -> bool {
    running.log_text().contains("Ready to accept connections")
}

//! A private Postgres server on a port of 127.0.0.1.

mod files;
mod psql;

use std::{
    ffi::OsString,
    path::{Path, PathBuf},
    thread::sleep,
    time::{Duration, Instant},
};

use anyhow::Result;
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};

use crate::{
    home::Home,
    port,
    programs::Programs,
    supervisor::{Signals, Supervised},
    tls::TlsFiles,
};

/// The superuser, and the only user, of a private server.
pub(crate) const USER: &str = "booked";
const ACCOUNT: &str = "postgres";
/// INT is Postgres' fast shutdown; QUIT its immediate one, after which it recovers as from a crash.
const SIGNALS: Signals = Signals { stop: "INT", kill: "QUIT", grace_seconds: 20 };
const READY_WITHIN: Duration = Duration::from_secs(60);
const PORT_ATTEMPTS_MAX: u32 = 5;
/// How long a restart waits for a port that somebody else took meanwhile.
const PORT_BUSY_MAX: Duration = Duration::from_secs(10);
const PORT_BUSY_POLL: Duration = Duration::from_millis(100);

/// How a [`PostgresServer`] is to be.
#[derive(Clone)]
pub struct PostgresOptions {
    /// The wanted data folder; [`PostgresServer::data_dir`] tells which one was taken.
    pub data_dir: PathBuf,
    /// Whether what is committed survives a crash of the machine. Off is quicker, for data that nobody misses.
    pub durable: bool,
    /// With it, the server accepts TLS connections only.
    pub tls: Option<TlsFiles>,
    /// The password of the user `booked`, where connecting needs one. It counts when the data folder is first used.
    pub password: Option<String>,
    /// The most connections at once.
    pub max_connections: u16,
    /// Further settings of `postgresql.conf`, which win over our own.
    pub settings: Vec<(String, String)>,
}

impl PostgresOptions {
    /// A durable server in `data_dir` without password and TLS.
    #[must_use]
    pub fn new(data_dir: impl Into<PathBuf>) -> Self {
        Self {
            data_dir: data_dir.into(),
            durable: true,
            tls: None,
            password: None,
            max_connections: 300,
            settings: Vec::new(),
        }
    }
}

/// A running Postgres. It is stopped when dropped, and when the process that owns it dies, however it dies.
pub struct PostgresServer {
    programs: Programs,
    options: PostgresOptions,
    port: u16,
    // Before the folder, so that the server is gone when its folder goes.
    running: Option<Supervised>,
    home: Home,
}

impl PostgresServer {
    /// Starts a server in the data folder, which is initialised where it is empty.
    ///
    /// # Errors
    ///
    /// With the server's own words where it does not start, for example because the data folder was made by another
    /// version or another server runs in it.
    pub fn start(programs: &Programs, options: PostgresOptions) -> Result<Self> {
        let home = Home::claim(&options.data_dir, ACCOUNT)?;
        files::initialise(programs, &home, &options)?;
        Self::start_in(programs, options, home)
    }

    /// Starts a quick, forgetful server in a temporary folder, from a copy of a data folder made once. Servers made
    /// so share one system identifier.
    ///
    /// # Errors
    ///
    /// As [`PostgresServer::start`].
    pub fn start_temporary(programs: &Programs) -> Result<Self> {
        let home = Home::temporary(ACCOUNT)?;
        files::copy_initialised(programs, &home)?;
        let small_log = [("min_wal_size", "32MB"), ("max_wal_size", "128MB")];
        let settings = small_log.map(|(name, value)| (name.to_owned(), value.to_owned())).to_vec();
        let options = PostgresOptions { durable: false, settings, ..PostgresOptions::new(&home.path) };
        Self::start_in(programs, options, home)
    }

    /// `postgres://booked@127.0.0.1:port/database`, with the password where there is one, and with
    /// `sslmode=verify-full` and `sslrootcert` where there is TLS.
    #[must_use]
    pub fn url(&self, database: &str) -> String {
        let encode = |text: &str| utf8_percent_encode(text, NON_ALPHANUMERIC).to_string();
        let password =
            self.options.password.as_deref().map(|it| format!(":{}", encode(it))).unwrap_or_default();
        let tls = match &self.options.tls {
            Some(files) => format!("?sslmode=verify-full&sslrootcert={}", files.ca.display()),
            None => String::new(),
        };
        format!("postgres://{USER}{password}@127.0.0.1:{}/{database}{tls}", self.port)
    }

    /// The folder that is really used: the wanted one, or one elsewhere where the server cannot reach that.
    #[must_use]
    pub fn data_dir(&self) -> &Path {
        &self.home.path
    }

    /// The server's port on 127.0.0.1.
    #[must_use]
    pub fn port(&self) -> u16 {
        self.port
    }

    /// Creates the database unless it is there.
    ///
    /// # Errors
    ///
    /// With what psql says.
    pub fn create_database(&self, name: &str) -> Result<()> {
        let query = "SELECT format('CREATE DATABASE %I', :'name') \
                     WHERE NOT EXISTS (SELECT FROM pg_database WHERE datname = :'name') \\gexec\n";
        psql::run(&self.target("postgres"), &[("name", name)], query).map(drop)
    }

    /// Runs SQL statements and returns the rows' values as text, a line for each row, columns divided by `|`.
    ///
    /// # Errors
    ///
    /// With what psql says about the first statement that fails.
    pub fn execute(&self, database: &str, sql: &str) -> Result<String> {
        psql::run(&self.target(database), &[], sql)
    }

    /// Whether the server runs; it may have ended by itself.
    pub fn is_running(&mut self) -> bool {
        self.running.as_mut().is_some_and(|running| !running.has_ended())
    }

    /// Stops the server in good order; clients are cut off, data stays.
    pub fn stop(&mut self) {
        self.running = None;
    }

    /// Ends the server at once, as a crash would; data stays.
    pub fn kill(&mut self) {
        if let Some(running) = self.running.take() {
            running.kill();
        }
    }

    /// Starts the server again, with the same port and data, after stopping it where it runs.
    ///
    /// # Errors
    ///
    /// As [`PostgresServer::start`].
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

    fn target<'a>(&'a self, database: &'a str) -> psql::Target<'a> {
        psql::Target {
            bin: &self.programs.postgres_bin,
            port: self.port,
            database,
            password: self.options.password.as_deref(),
            ca: self.options.tls.as_ref().map(|files| files.ca.as_path()),
        }
    }

    fn start_in(programs: &Programs, options: PostgresOptions, home: Home) -> Result<Self> {
        files::check_version(programs, &home)?;
        files::write_access_rules(&home, &options)?;
        let options = match &options.tls {
            Some(tls) => PostgresOptions { tls: Some(tls.copy_into(&home)?), ..options },
            None => options,
        };
        let mut server = Self { programs: programs.clone(), options, port: 0, running: None, home };
        let mut attempts = 0;
        loop {
            server.port = port::free()?;
            attempts += 1;
            match server.launch() {
                Err(Failure::PortTaken(_)) if attempts < PORT_ATTEMPTS_MAX => {}
                other => return other.map(|()| server).map_err(Failure::into_error),
            }
        }
    }

    fn launch(&mut self) -> Result<(), Failure> {
        let mut running = Supervised::start(&self.home, &SIGNALS, &self.command())?;
        let pid_file = files::pid_file(&self.home);
        let ready = running.await_ready(READY_WITHIN, |it| files::says_ready(&pid_file, it.server_pid()));
        match ready {
            Ok(()) => self.running = Some(running),
            Err(error) if running.log_text().contains("could not bind") => {
                return Err(Failure::PortTaken(error));
            }
            Err(error) => return Err(Failure::Other(error)),
        }
        Ok(())
    }

    fn command(&self) -> Vec<OsString> {
        let mut command = vec![self.programs.postgres_bin.join("postgres").into_os_string(), "-D".into()];
        command.push(files::cluster(&self.home).into_os_string());
        for (name, value) in self.settings() {
            command.extend(["-c".into(), format!("{name}={value}").into()]);
        }
        command
    }

    fn settings(&self) -> Vec<(String, String)> {
        let durable = if self.options.durable { "on" } else { "off" };
        let mut settings = vec![
            ("listen_addresses", "127.0.0.1".to_owned()),
            ("port", self.port.to_string()),
            ("unix_socket_directories", String::new()),
            ("hba_file", files::access_rules(&self.home).display().to_string()),
            ("max_connections", self.options.max_connections.to_string()),
            ("shared_buffers", if self.options.durable { "128MB" } else { "32MB" }.to_owned()),
            ("log_lock_waits", "on".to_owned()),
            ("synchronous_commit", "on".to_owned()),
            ("fsync", durable.to_owned()),
            ("full_page_writes", durable.to_owned()),
        ];
        if let Some(tls) = &self.options.tls {
            settings.push(("ssl", "on".to_owned()));
            settings.push(("ssl_cert_file", tls.cert.display().to_string()));
            settings.push(("ssl_key_file", tls.key.display().to_string()));
        }
        let further = self.options.settings.iter().cloned();
        settings.into_iter().map(|(name, value)| (name.to_owned(), value)).chain(further).collect()
    }
}

/// Why a server did not start.
enum Failure {
    PortTaken(anyhow::Error),
    Other(anyhow::Error),
}

impl Failure {
    fn into_error(self) -> anyhow::Error {
        let (Self::PortTaken(error) | Self::Other(error)) = self;
        error.context("Postgres does not start")
    }
}

impl From<anyhow::Error> for Failure {
    fn from(error: anyhow::Error) -> Self {
        Self::Other(error)
    }
}

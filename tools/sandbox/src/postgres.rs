//! A private Postgres server on a port of 127.0.0.1.

mod files;
mod options;
mod psql;

use std::{ffi::OsString, path::Path};

use anyhow::{Context, Result};
pub use options::PostgresOptions;
use options::{ACCOUNT, USER};
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};

use crate::{
    home::Home,
    launch::{LaunchError, PORT_ATTEMPTS_MAX, await_ready, launch_new, relaunch},
    port,
    programs::Programs,
    supervisor::{Signals, Supervised},
};

/// INT is Postgres' fast shutdown. QUIT is its immediate one, after which it recovers as after a crash.
const SIGNALS: Signals = Signals { stop: "INT", kill: "QUIT", grace_seconds: 20 };
/// What Postgres logs if it cannot have its port.
const PORT_IN_USE: &str = "could not bind";

/// A running Postgres. It is stopped when dropped, and when the process that owns it dies, however it dies.
pub struct PostgresServer {
    programs: Programs,
    options: PostgresOptions,
    port: u16,
    // Before the folder, so that the server has stopped when its folder is removed.
    running: Option<Supervised>,
    home: Home,
}

impl PostgresServer {
    /// Starts a server in the data folder, which is initialized if it is empty.
    ///
    /// # Errors
    ///
    /// If the server does not start, then with the end of its log: for example because another version created the data
    /// folder, or because another server runs in it.
    pub fn start(programs: &Programs, options: PostgresOptions) -> Result<Self> {
        let home = Home::claim(&options.data_dir, ACCOUNT)?;
        files::initialize(programs, &home, &options)?;
        Self::start_in(programs, options, home)
    }

    /// Starts a fast server without durability in a temporary folder, from a copy of a data folder that is initialized
    /// only once. Therefore all these servers have the same system identifier.
    ///
    /// # Errors
    ///
    /// As [`PostgresServer::start`].
    pub fn start_temporary(programs: &Programs) -> Result<Self> {
        let home = Home::temporary(ACCOUNT)?;
        files::copy_initialized(programs, &home)?;
        let small_log = [("min_wal_size", "32MB"), ("max_wal_size", "128MB")];
        let settings = small_log.map(|(name, value)| (name.to_owned(), value.to_owned())).to_vec();
        let options = PostgresOptions { durable: false, settings, ..PostgresOptions::new(&home.path) };
        Self::start_in(programs, options, home)
    }

    /// `postgres://booked@127.0.0.1:port/database`, with the password if there is one, and with TLS also
    /// `sslmode=verify-full` and `sslrootcert`.
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

    /// The folder that is used: the preferred one, or another one if the server cannot access that.
    #[must_use]
    pub fn data_dir(&self) -> &Path {
        &self.home.path
    }

    /// On 127.0.0.1.
    #[must_use]
    pub fn port(&self) -> u16 {
        self.port
    }

    /// Creates the database unless it exists.
    ///
    /// # Errors
    ///
    /// If psql fails, with its message.
    pub fn create_database(&self, name: &str) -> Result<()> {
        let query = "SELECT format('CREATE DATABASE %I', :'name') \
                     WHERE NOT EXISTS (SELECT FROM pg_database WHERE datname = :'name') \\gexec\n";
        psql::run(&self.target("postgres"), &[("name", name)], query).map(drop)
    }

    /// Runs SQL statements and returns the rows as text: a line for each row, with `|` between columns.
    ///
    /// # Errors
    ///
    /// If a statement fails, with psql's message about the first one.
    pub fn execute(&self, database: &str, sql: &str) -> Result<String> {
        psql::run(&self.target(database), &[], sql)
    }

    /// Whether the server runs; it may have exited on its own.
    pub fn is_running(&mut self) -> bool {
        self.running.as_mut().is_some_and(|running| !running.has_ended())
    }

    /// Stops the server gracefully: clients are disconnected, the data is kept.
    pub fn stop(&mut self) {
        self.running = None;
    }

    /// Ends the server at once, as a crash would; the data is kept.
    pub fn kill(&mut self) {
        if let Some(running) = self.running.take() {
            running.kill();
        }
    }

    /// Stops the server if it runs, and starts it with the same port and data.
    ///
    /// # Errors
    ///
    /// As [`PostgresServer::start`].
    pub fn restart(&mut self) -> Result<()> {
        self.stop();
        relaunch(|| self.launch()).context("Postgres does not start")
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
        let launched = launch_new(PORT_ATTEMPTS_MAX, || {
            server.port = port::free()?;
            server.launch()
        });
        launched.map(|()| server).context("Postgres does not start")
    }

    fn launch(&mut self) -> Result<(), LaunchError> {
        let running = Supervised::start(&self.home, &SIGNALS, &self.command())?;
        let pid_file = files::pid_file(&self.home);
        let is_ready = |it: &Supervised| files::is_ready(&pid_file, it.server_pid());
        self.running = Some(await_ready(running, PORT_IN_USE, is_ready)?);
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

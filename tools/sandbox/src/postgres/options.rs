//! How a Postgres server is configured.

use std::path::PathBuf;

use crate::tls::TlsFiles;

/// The superuser, and the only user, of a private server.
pub(super) const USER: &str = "booked";
/// The operating system's account that the server runs as, if this process is root.
pub(super) const ACCOUNT: &str = "postgres";

/// The configuration of a [`PostgresServer`](crate::PostgresServer).
#[derive(Clone)]
pub struct PostgresOptions {
    /// The preferred data folder; [`PostgresServer::data_dir`](crate::PostgresServer::data_dir) tells which one is used.
    pub data_dir: PathBuf,
    /// Whether committed data survives a crash of the machine. Without it the server is faster.
    pub durable: bool,
    /// If given, the server accepts only TLS connections.
    pub tls: Option<TlsFiles>,
    /// The password of the user `booked`, if one is required. It is set when the data folder is first used.
    pub password: Option<String>,
    pub max_connections: u16,
    /// Further settings of `postgresql.conf`, which override our own.
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

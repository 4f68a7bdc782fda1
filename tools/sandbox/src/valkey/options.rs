//! How a Valkey server is configured, and its ports.

use std::path::PathBuf;

use anyhow::Result;

use crate::{port, tls::TlsFiles};

/// The configuration of a [`ValkeyServer`](crate::ValkeyServer).
#[derive(Clone)]
pub struct ValkeyOptions {
    /// The preferred data folder; [`ValkeyServer::data_dir`](crate::ValkeyServer::data_dir) tells which one is used.
    pub dir: PathBuf,
    /// If given, the server accepts only TLS connections.
    pub tls: Option<TlsFiles>,
    /// The only user and their password; without it, anyone can connect.
    pub user_password: Option<(String, String)>,
    /// Whether data is written to disk each second and survives the server; otherwise it is lost with it.
    pub append_only: bool,
    /// The number of databases.
    pub databases: u16,
    /// Whether the server is a node of a [`ValkeyCluster`](crate::ValkeyCluster).
    pub cluster: bool,
    /// A free port if none is given.
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

/// Where a server listens.
#[derive(Clone, Copy)]
pub(super) struct Ports {
    pub(super) clients: u16,
    /// For the other nodes of a cluster.
    pub(super) bus: Option<u16>,
}

impl Ports {
    pub(super) fn choose(options: &ValkeyOptions) -> Result<Self> {
        let clients = options.port.map_or_else(port::free, Ok)?;
        let bus = options.cluster.then(port::free).transpose()?;
        Ok(Self { clients, bus })
    }
}

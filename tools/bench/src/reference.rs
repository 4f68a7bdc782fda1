//! A server that is not ours, for comparison: a floor of a benchmark, or a peer.

use std::{
    ffi::OsString,
    fs,
    net::TcpStream,
    path::{Path, PathBuf},
    time::{Duration, Instant},
};

use anyhow::{Context as _, Result, bail};
use booked_sandbox::{Signals, Supervised, free_port};
use tokio::time::sleep;

use crate::tools::{Tool, Tools};

const SIGNALS: Signals = Signals { stop: "TERM", kill: "KILL", grace_seconds: 5 };
const READY_WITHIN: Duration = Duration::from_secs(10);
const POLL: Duration = Duration::from_millis(10);

/// A program that serves HTTP on a port of 127.0.0.1 until this is dropped.
pub(super) struct Reference {
    running: Supervised,
    port: u16,
}

/// What the configuration of a server is made for.
pub(super) struct Place {
    /// For its files.
    pub(super) folder: PathBuf,
    pub(super) port: u16,
}

impl Reference {
    /// Starts a server with this configuration, and waits until it accepts connections. `arguments` name the file of the
    /// configuration by its path.
    pub(super) async fn start(
        (tools, tool): (&Tools, Tool),
        folder: &Path,
        configuration: impl FnOnce(&Place) -> String,
        arguments: impl FnOnce(&Place, &Path) -> Vec<OsString>,
    ) -> Result<Self> {
        let port = free_port()?;
        let place = Place { folder: folder.join(format!("{}-{port}", tool.program())), port };
        fs::create_dir_all(&place.folder)
            .with_context(|| format!("cannot create {}", place.folder.display()))?;
        let file = place.folder.join("configuration");
        fs::write(&file, configuration(&place))
            .with_context(|| format!("cannot write {}", file.display()))?;
        let mut command: Vec<OsString> = vec![tools.of(tool)?.into()];
        command.extend(arguments(&place, &file));
        let mut running = Supervised::run(&place.folder.join("log"), &SIGNALS, &command, |_| {})?;
        let deadline = Instant::now() + READY_WITHIN;
        while TcpStream::connect(("127.0.0.1", port)).is_err() {
            if running.has_ended() || Instant::now() > deadline {
                bail!("{} does not start: {}", tool.program(), running.log_tail());
            }
            sleep(POLL).await;
        }
        Ok(Self { running, port })
    }

    pub(super) fn port(&self) -> u16 {
        self.port
    }

    pub(super) fn pid(&self) -> u32 {
        self.running.server_pid()
    }

    pub(super) fn url(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }
}

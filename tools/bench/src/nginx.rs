//! nginx: the floor of every HTTP benchmark.

use std::{
    ffi::OsString,
    fs,
    net::TcpStream,
    path::Path,
    time::{Duration, Instant},
};

use anyhow::{Context as _, Result, bail};
use booked_sandbox::{Signals, Supervised, free_port};
use tokio::time::sleep;

use super::tools::{Tool, Tools};

const SIGNALS: Signals = Signals { stop: "TERM", kill: "KILL", grace_seconds: 5 };
const READY_WITHIN: Duration = Duration::from_secs(10);
const POLL: Duration = Duration::from_millis(10);

/// A running nginx on a port of 127.0.0.1.
pub(super) struct Nginx {
    running: Supervised,
    port: u16,
}

#[derive(Clone, Copy)]
pub(super) enum Serves<'a> {
    /// Every response is an empty object.
    Nothing,
    /// Forwards everything to this port.
    Upstream(u16),
    /// The files of this folder, as JSON.
    Files(&'a Path),
}

impl Nginx {
    /// With one worker, or one for each core.
    pub(super) async fn start(
        tools: &Tools,
        folder: &Path,
        one_worker: bool,
        serves: Serves<'_>,
    ) -> Result<Self> {
        let port = free_port()?;
        let folder = folder.join(format!("nginx-{port}"));
        fs::create_dir_all(&folder).with_context(|| format!("cannot create {}", folder.display()))?;
        let configuration = folder.join("nginx.conf");
        let text = configuration_of(&folder, port, one_worker, serves);
        fs::write(&configuration, text)
            .with_context(|| format!("cannot write {}", configuration.display()))?;
        let command: Vec<OsString> = vec![
            tools.of(Tool::Nginx)?.into(),
            "-p".into(),
            folder.clone().into(),
            "-c".into(),
            configuration.into(),
            "-e".into(),
            "stderr".into(),
        ];
        let mut running = Supervised::run(&folder.join("log"), &SIGNALS, &command, |_| {})?;
        let deadline = Instant::now() + READY_WITHIN;
        while TcpStream::connect(("127.0.0.1", port)).is_err() {
            if running.has_ended() || Instant::now() > deadline {
                bail!("nginx does not start: {}", running.log_tail());
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

/// Connections are kept alive as long as they are used, on both sides.
fn configuration_of(folder: &Path, port: u16, one_worker: bool, serves: Serves<'_>) -> String {
    let folder = folder.display();
    let workers = if one_worker { "1" } else { "auto" };
    let (upstream, location) = match serves {
        Serves::Nothing => (String::new(), "default_type application/json; return 200 '{}';".to_owned()),
        Serves::Upstream(port) => (
            format!(
                "upstream behind {{ server 127.0.0.1:{port}; keepalive 256; keepalive_requests 1000000000; }}"
            ),
            "proxy_pass http://behind; proxy_http_version 1.1; proxy_set_header Connection '';".to_owned(),
        ),
        Serves::Files(root) => {
            (String::new(), format!("root '{}'; default_type application/json;", root.display()))
        }
    };
    let temporary: String = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"]
        .map(|kind| format!("  {kind}_temp_path '{folder}/{kind}';\n"))
        .concat();
    format!(
        "daemon off;\nuser root;\nworker_processes {workers};\npid '{folder}/pid';\nerror_log stderr error;\n\
         events {{ worker_connections 4096; }}\nhttp {{\n  access_log off;\n{temporary}  sendfile on;\n  tcp_nodelay on;\n\
         \x20 open_file_cache max=100;\n  keepalive_requests 1000000000;\n  {upstream}\n\
         \x20 server {{ listen 127.0.0.1:{port} backlog=4096; location / {{ {location} }} }}\n}}\n"
    )
}

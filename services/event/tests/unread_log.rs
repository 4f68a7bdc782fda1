//! A log that is never read: the pipe is full, and serving must not wait for it.

#![expect(clippy::unwrap_used, clippy::panic, reason = "the helpers of tests fail as tests do")]

use std::{
    io::Read as _,
    net::{SocketAddr, TcpListener},
    process::{Child, ChildStderr, Command, Stdio},
    sync::{Arc, Mutex},
    time::Duration,
};

use tokio::time::{sleep, timeout};

/// Nothing here takes this long unless something is broken.
const PATIENCE: Duration = Duration::from_secs(60);
const LOOK_AGAIN: Duration = Duration::from_millis(5);

/// The service as a process that logs everything it can, and whose log is not read.
struct Process {
    child: Child,
    stderr: Option<ChildStderr>,
    admin: SocketAddr,
    client: reqwest::Client,
}

impl Process {
    fn serve() -> Self {
        let admin = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
        let mut child = Command::new(env!("CARGO_BIN_EXE_booked-event"))
            .arg("serve")
            .env_clear()
            .env("DATABASE_URL", "postgres://nobody@127.0.0.1:9/none?sslmode=disable")
            .env("TICKETING_URL", "http://127.0.0.1:9")
            .env("INTERNAL_CREDENTIAL", "a-secret-of-the-tests-32-bytes-long")
            .env("ADMIN_LISTEN", admin.to_string())
            .env("RUST_LOG", "trace")
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let stderr = child.stderr.take();
        let client = reqwest::Client::builder().no_proxy().timeout(Duration::from_secs(5)).build().unwrap();
        Self { child, stderr, admin, client }
    }

    /// How many log lines it has dropped; `None` if it does not respond.
    async fn dropped(&self) -> Option<u64> {
        let answer = self.client.get(format!("http://{}/metrics", self.admin)).send().await.ok()?;
        let text = answer.text().await.ok()?;
        let value = text.lines().find_map(|line| line.strip_prefix("booked_log_lines_dropped_total "))?;
        value.parse().ok()
    }

    /// Sends requests that it logs, until it has dropped lines.
    async fn until_it_drops_lines(&self) {
        let asking = async {
            while self.dropped().await.is_none_or(|dropped| dropped == 0) {
                sleep(LOOK_AGAIN).await;
            }
        };
        timeout(PATIENCE, asking).await.unwrap_or_else(|_| panic!("it does not answer, or drops no line"));
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_service_keeps_running_and_reports_the_gap_once_the_log_is_read_again() {
    let mut process = Process::serve();
    process.until_it_drops_lines().await;
    assert!(process.dropped().await.is_some(), "it answers");

    let said = Arc::<Mutex<Vec<u8>>>::default();
    let (mut stderr, saying) = (process.stderr.take().unwrap(), Arc::clone(&said));
    std::thread::spawn(move || {
        let mut bytes = [0; 65_536];
        while let Ok(count @ 1..) = stderr.read(&mut bytes) {
            saying.lock().unwrap().extend_from_slice(&bytes[..count]);
        }
    });
    let reported = async {
        while !String::from_utf8_lossy(&said.lock().unwrap()).contains("the log dropped lines") {
            sleep(LOOK_AGAIN).await;
        }
    };
    timeout(PATIENCE, reported).await.unwrap_or_else(|_| panic!("it does not report that lines are missing"));
}

#[tokio::test(flavor = "multi_thread")]
async fn the_process_ends_when_it_is_asked_to() {
    let mut process = Process::serve();
    process.until_it_drops_lines().await;
    let asked = Command::new("kill").args(["-s", "TERM", &process.child.id().to_string()]).status().unwrap();
    assert!(asked.success());
    let ended = async {
        while process.child.try_wait().unwrap().is_none() {
            sleep(LOOK_AGAIN).await;
        }
    };
    timeout(PATIENCE, ended).await.unwrap_or_else(|_| panic!("it does not end"));
}

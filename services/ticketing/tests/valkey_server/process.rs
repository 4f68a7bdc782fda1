//! The service as a process of its own, with what it says.

use std::{
    io::Read as _,
    process::{Child, Command, ExitStatus, Stdio},
    thread::JoinHandle,
    time::{Duration, Instant},
};

use booked_postgres::DatabaseSettings;
use booked_sandbox::{TestDatabase, test_database};
use booked_ticketing::outbound::postgres::MIGRATIONS;

const PATIENCE: Duration = Duration::from_secs(30);
const LOOK_AGAIN: Duration = Duration::from_millis(50);

pub(crate) struct Process {
    child: Child,
    said: Option<JoinHandle<String>>,
    _database: TestDatabase,
}

fn migrate(url: &str) {
    let settings = DatabaseSettings::for_url(url).unwrap();
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().unwrap();
    runtime.block_on(booked_postgres::migrate(&settings, MIGRATIONS)).unwrap();
}

impl Process {
    /// `booked-ticketing serve` with these further settings, saying all it can.
    pub(crate) fn serve(settings: &[(&str, &str)]) -> Self {
        let database = test_database("valkey_server", migrate);
        let mut child = Command::new(env!("CARGO_BIN_EXE_booked-ticketing"))
            .arg("serve")
            .env_clear()
            .env("DATABASE_URL", database.url())
            .env("EVENT_URL", "http://127.0.0.1:9")
            .env("INTERNAL_CREDENTIAL", "a-secret-of-the-tests-32-bytes-long")
            .env("RUST_LOG", "trace")
            .envs(settings.iter().copied())
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let mut stderr = child.stderr.take().unwrap();
        let said = std::thread::spawn(move || {
            let mut said = Vec::new();
            stderr.read_to_end(&mut said).unwrap();
            String::from_utf8_lossy(&said).into_owned()
        });
        Self { child, said: Some(said), _database: database }
    }

    /// Waits until it ends on its own; its status, and all that it said.
    pub(crate) fn ended(mut self) -> (ExitStatus, String) {
        let give_up = Instant::now() + PATIENCE;
        while Instant::now() < give_up {
            if let Some(status) = self.child.try_wait().unwrap() {
                return (status, self.said());
            }
            std::thread::sleep(LOOK_AGAIN);
        }
        panic!("it does not end:\n{}", self.killed());
    }

    /// Ends it; all that it said.
    pub(crate) fn killed(&mut self) -> String {
        let _ = self.child.kill();
        let _ = self.child.wait();
        self.said()
    }

    fn said(&mut self) -> String {
        self.said.take().unwrap().join().unwrap()
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

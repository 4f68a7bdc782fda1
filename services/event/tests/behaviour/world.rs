//! The event service in this process, with a database of its own.

use std::time::Duration;

use booked_event::{app, config::ServeArgs, outbound::postgres::MIGRATIONS};
use booked_ids::EventId;
use booked_postgres::DatabaseSettings;
use booked_sandbox::{TestDatabase, test_database};
use booked_server::{Bound, Lifecycle};
use booked_telemetry::Metrics;
use clap::Parser;
use serde_json::{Value, json};
use uuid::Uuid;

use crate::{caller::Caller, ticketing::FakeTicketing};

pub(crate) const SECRET: &str = "a-secret-that-is-known-to-tests-alone";

/// A running service, what it depends on, and its callers.
pub(crate) struct World {
    pub(crate) ticketing: FakeTicketing,
    pub(crate) service: Service,
    pub(crate) database: TestDatabase,
    pub(crate) admin: Caller,
    pub(crate) user: Caller,
    pub(crate) anyone: Caller,
}

impl World {
    pub(crate) async fn start() -> Self {
        Self::start_with(&[]).await
    }

    /// With settings that differ from the defaults.
    pub(crate) async fn start_with(settings: &[&str]) -> Self {
        let ticketing = FakeTicketing::start();
        let database = test_database("event", migrate);
        let service = Service::start(&database.url(), &ticketing.url(), settings).await;
        let [admin, user, anyone] = callers(&service);
        Self { ticketing, service, database, admin, user, anyone }
    }

    pub(crate) async fn event(&self, unix_time: i64, seat_count: i64) -> EventId {
        let body = json!({ "name": "n", "unix_time": unix_time, "address": "a", "description": "d",
            "seat_count": seat_count });
        self.create(&body).await
    }

    pub(crate) async fn create(&self, body: &Value) -> EventId {
        let answer = self.admin.post("/event/", body).await;
        assert_eq!(answer.status, 201, "{answer:?}");
        id_of(answer.location.as_deref().unwrap())
    }

    /// Fills the table with this many events of one second, without writing them to the outbox.
    pub(crate) fn fill(&self, count: u32, unix_time: i64) {
        self.database.execute(&format!(
            "INSERT INTO events SELECT (substr(x, 1, 8) || '-' || substr(x, 9, 4) || '-8' || substr(x, 13, 3) || '-8' \
             || substr(x, 16, 3) || '-' || substr(x, 19, 4) || '00000000')::uuid, 1, 'n', {unix_time}, 'a', 'd', \
             NULL, NULL, 10, now(), NULL FROM (SELECT md5(n || ' {unix_time}') FROM generate_series(1, {count}) AS n) AS m (x)"
        ));
    }

    /// The states in the outbox, in order.
    pub(crate) fn published(&self) -> Vec<Value> {
        let lines = self.database.execute("SELECT data FROM outbox ORDER BY id");
        lines.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
    }

    /// The feed's position of the last row.
    pub(crate) fn last_position(&self) -> String {
        self.database.execute("SELECT max(id) FROM outbox").trim().to_owned()
    }
}

/// The id of the event in a path like `/event/{id}/`.
fn id_of(path: &str) -> EventId {
    let id = path.strip_prefix("/event/").and_then(|rest| rest.strip_suffix('/')).unwrap();
    EventId::from_uuid(Uuid::parse_str(id).unwrap()).unwrap()
}

/// An admin, a user, and a client that is not logged in.
pub(crate) fn callers(service: &Service) -> [Caller; 3] {
    let address = service.bound.traffic;
    [Caller::admin(address), Caller::user(address), Caller::anyone(address)]
}

/// A process of the service, as far as one exists within a test.
pub(crate) struct Service {
    pub(crate) bound: Bound,
    lifecycle: Lifecycle,
}

#[derive(Parser)]
struct Cli {
    #[command(flatten)]
    serve: ServeArgs,
}

impl Service {
    /// Starts the service and waits until it is ready.
    pub(crate) async fn start(database_url: &str, ticketing_url: &str, settings: &[&str]) -> Self {
        let arguments = [
            "event",
            "--database-url",
            database_url,
            "--internal-credential",
            SECRET,
            "--ticketing-url",
            ticketing_url,
        ];
        let config = Cli::parse_from(arguments.iter().chain(settings)).serve.check().unwrap();
        let lifecycle = Lifecycle::new();
        let application = app::bind(config, lifecycle.clone(), Metrics::default()).await.unwrap();
        let bound = application.bound();
        tokio::spawn(application.serve());
        let service = Self { bound, lifecycle };
        service.ready().await;
        service
    }

    async fn ready(&self) {
        let url = format!("http://{}/readyz", self.bound.admin);
        for _ in 0..400 {
            if reqwest::get(&url).await.is_ok_and(|response| response.status().is_success()) {
                return;
            }
            tokio::time::sleep(Duration::from_millis(25)).await;
        }
        panic!("not ready within ten seconds");
    }
}

impl Drop for Service {
    fn drop(&mut self) {
        self.lifecycle.end();
    }
}

pub(crate) fn migrate(url: &str) {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
    let settings = DatabaseSettings::for_url(url).unwrap();
    runtime.block_on(booked_postgres::migrate(&settings, MIGRATIONS)).unwrap();
}

//! A producer that serves its feed, and consumers that store what they know in a table.

use std::{
    net::SocketAddr,
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicUsize, Ordering},
    },
    time::Duration,
};

use actix_web::{
    App, HttpServer,
    dev::{ServerHandle, Service as _},
};
use async_trait::async_trait;
use booked_feed::{Apply, Consumer, Entry, Feed, FeedClient, NewEntry, Position, outbox};
use booked_identity::internal::Credential;
use booked_postgres::{Database, DatabaseSettings, TransactionError};
use booked_sandbox::{TestDatabase, test_database};
use booked_server::{Lifecycle, ServiceClient, SystemRandom};
use diesel::{
    QueryResult,
    sql_types::{BigInt, Text, Uuid as SqlUuid},
};
use diesel_async::{AsyncConnection as _, AsyncPgConnection, SimpleAsyncConnection as _};
use serde::{Deserialize, Serialize};
use tokio::runtime::Handle;
use uuid::Uuid;

pub(crate) const KIND: &str = "test.state";
pub(crate) const OUTBOX: &[&str] = &[
    include_str!("../../sql/outbox.sql"),
    include_str!("../../sql/outbox_horizon.sql"),
    include_str!("../../sql/outbox_partitions.sql"),
    include_str!("../../sql/outbox_archive.sql"),
];
const FEED_CURSORS: &[&str] = &[
    include_str!("../../sql/feed_cursors.sql"),
    include_str!("../../sql/feed_cursors_by_row.sql"),
    include_str!("../../sql/feed_cursors_digest.sql"),
];

/// What the producer says about a subject: its whole state.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize)]
pub(crate) struct State {
    pub(crate) version: i64,
    pub(crate) name: String,
}

/// A service with a feed.
pub(crate) struct Producer {
    place: TestDatabase,
    pub(crate) lifecycle: Lifecycle,
    database: Database,
    feed: Feed,
    address: SocketAddr,
    requests: Arc<AtomicUsize>,
    handle: ServerHandle,
}

impl Producer {
    pub(crate) fn start() -> Self {
        Self::start_with(|place| OUTBOX.iter().for_each(|sql| drop(place.execute(sql))))
    }

    /// With an outbox that `make` creates.
    pub(crate) fn start_with(make: impl FnOnce(&TestDatabase)) -> Self {
        let place = test_database("producer", |_| {});
        make(&place);
        let lifecycle = Lifecycle::new();
        let database = database(&place.url());
        let feed = Feed::start("/test", database.clone(), &lifecycle);
        let requests = Arc::new(AtomicUsize::new(0));
        let (routes, counted) = (feed.routes(), Arc::clone(&requests));
        let server = HttpServer::new(move || {
            let counted = Arc::clone(&counted);
            App::new().configure(routes.clone()).wrap_fn(move |request, service| {
                counted.fetch_add(1, Ordering::Relaxed);
                service.call(request)
            })
        });
        let server = server.workers(1).disable_signals().bind(("127.0.0.1", 0)).unwrap();
        let address = server.addrs()[0];
        let server = server.run();
        let handle = server.handle();
        tokio::spawn(server);
        Self { place, lifecycle, database, feed, address, requests, handle }
    }

    pub(crate) fn url(&self, query: &str) -> String {
        format!("http://{}/internal/feed?{query}", self.address)
    }

    pub(crate) fn execute(&self, sql: &str) -> String {
        self.place.execute(sql)
    }

    pub(crate) fn database_url(&self) -> String {
        self.place.url()
    }

    pub(crate) fn tell(&self) {
        self.feed.signal().notify();
    }

    pub(crate) async fn stop(&self) {
        self.handle.stop(false).await;
    }

    pub(crate) fn requests(&self) -> usize {
        self.requests.load(Ordering::Relaxed)
    }

    /// Writes states of new versions, counting from 1, in one transaction each, without notifying the feed's signal.
    pub(crate) async fn write(&self, subject: Uuid, versions: std::ops::RangeInclusive<i64>) -> Position {
        let mut last = Position::START;
        for version in versions {
            let written = self
                .database
                .transaction(async move |connection| Ok(append(connection, subject, version).await?));
            last = written.await.map_err(|error: TransactionError<()>| error.to_string()).unwrap();
        }
        last
    }

    /// Writes all this in one transaction.
    pub(crate) async fn write_entries(&self, entries: Vec<NewEntry>) -> Position {
        let entries = &entries;
        let written = self
            .database
            .transaction(async move |connection| Ok(outbox::append(connection, entries).await?))
            .await;
        written.map_err(|error: TransactionError<()>| error.to_string()).unwrap()
    }

    /// A connection with an open transaction that has started to write to the outbox.
    pub(crate) async fn open_writer(&self) -> AsyncPgConnection {
        let nothing =
            "INSERT INTO outbox (kind, subject, data) SELECT '', gen_random_uuid(), '{}' WHERE false";
        open_transaction(&self.place.url(), nothing).await
    }

    /// A connection with an open transaction that writes, but not to the outbox.
    pub(crate) async fn open_stranger(&self) -> AsyncPgConnection {
        open_transaction(&self.place.url(), "CREATE TABLE of_a_stranger (); SELECT pg_current_xact_id()")
            .await
    }

    /// What the feed answers without waiting.
    pub(crate) async fn read(&self, query: &str) -> Vec<serde_json::Value> {
        reqwest::get(self.url(query)).await.unwrap().error_for_status().unwrap().json().await.unwrap()
    }
}

impl Drop for Producer {
    fn drop(&mut self) {
        self.lifecycle.end();
    }
}

pub(crate) async fn append(
    connection: &mut AsyncPgConnection,
    subject: Uuid,
    version: i64,
) -> QueryResult<Position> {
    let state = State { version, name: format!("version {version}") };
    outbox::append(connection, &[NewEntry::new(KIND, subject, &state)?]).await
}

/// A connection with a transaction that has executed this and stays open.
pub(crate) async fn open_transaction(url: &str, work: &str) -> AsyncPgConnection {
    let mut connection = AsyncPgConnection::establish(url).await.unwrap();
    connection.batch_execute(&format!("BEGIN; {work}")).await.unwrap();
    connection
}

fn database(url: &str) -> Database {
    Database::new(&DatabaseSettings::for_url(url).unwrap(), &Handle::current()).unwrap()
}

/// A service that consumes the feed; its replicas share a database.
pub(crate) struct Listener {
    place: TestDatabase,
    pub(crate) table: Arc<Table>,
    lifecycle: Lifecycle,
}

impl Listener {
    pub(crate) fn new() -> Self {
        let place = test_database("consumer", |_| {});
        FEED_CURSORS.iter().for_each(|sql| drop(place.execute(sql)));
        place.execute(
            "CREATE TABLE states (subject uuid PRIMARY KEY, version bigint NOT NULL, name text NOT NULL);
             CREATE TABLE applied (number bigint GENERATED ALWAYS AS IDENTITY, version bigint NOT NULL);",
        );
        Self { place, table: Arc::default(), lifecycle: Lifecycle::new() }
    }

    pub(crate) fn replica(&self, of: &Producer) -> Consumer {
        self.replica_of(of.address)
    }

    pub(crate) fn replica_of(&self, producer: SocketAddr) -> Consumer {
        self.replica_with(self.table.clone(), producer)
    }

    /// A replica that handles entries like this.
    pub(crate) fn replica_that(&self, apply: Arc<dyn Apply>, of: &Producer) -> Consumer {
        self.replica_with(apply, of.address)
    }

    fn replica_with(&self, apply: Arc<dyn Apply>, producer: SocketAddr) -> Consumer {
        let replicas = format!("http://{producer}").parse().unwrap();
        let peer = ServiceClient::new("the producer", replicas, &Credential::parse(&"c".repeat(32)).unwrap())
            .unwrap();
        let (source, database) = (FeedClient::new(peer), database(&self.place.url()));
        Consumer::new("test", source, database, apply, Arc::new(SystemRandom), &self.lifecycle)
    }

    pub(crate) fn run_replica(&self, of: &Producer) {
        self.lifecycle.spawn_job(self.replica(of).run());
    }

    pub(crate) fn execute(&self, sql: &str) -> String {
        self.place.execute(sql).trim().to_owned()
    }

    /// The versions in the order in which they were applied.
    pub(crate) fn applied(&self) -> Vec<i64> {
        let lines = self.execute("SELECT version FROM applied ORDER BY number");
        lines.lines().map(|line| line.parse().unwrap()).collect()
    }

    pub(crate) fn version_of(&self, subject: Uuid) -> String {
        self.execute(&format!("SELECT version FROM states WHERE subject = '{subject}'"))
    }
}

impl Drop for Listener {
    fn drop(&mut self) {
        self.lifecycle.end();
    }
}

/// Keeps the newest state of each subject, and records everything that it received.
#[derive(Default)]
pub(crate) struct Table {
    pub(crate) refuses: AtomicBool,
    pub(crate) told: AtomicUsize,
    pub(crate) restarts: AtomicUsize,
}

#[async_trait]
impl Apply for Table {
    async fn apply(&self, connection: &mut AsyncPgConnection, entries: &[Entry]) -> QueryResult<()> {
        for entry in entries {
            keep(connection, entry).await?;
        }
        if self.refuses.load(Ordering::Relaxed) {
            return Err(diesel::result::Error::RollbackTransaction);
        }
        Ok(())
    }

    async fn restarted(&self, _: &mut AsyncPgConnection) -> QueryResult<()> {
        self.restarts.fetch_add(1, Ordering::Relaxed);
        Ok(())
    }

    async fn applied(&self, entries: &[Entry]) {
        self.told.fetch_add(entries.len(), Ordering::Relaxed);
    }
}

async fn keep(connection: &mut AsyncPgConnection, entry: &Entry) -> QueryResult<()> {
    use diesel_async::RunQueryDsl as _;
    let state: State = entry.decode()?;
    diesel::sql_query("INSERT INTO applied (version) VALUES ($1)")
        .bind::<BigInt, _>(state.version)
        .execute(connection)
        .await?;
    diesel::sql_query(
        "INSERT INTO states VALUES ($1, $2, $3) ON CONFLICT (subject) DO UPDATE \
         SET version = excluded.version, name = excluded.name WHERE states.version < excluded.version",
    )
    .bind::<SqlUuid, _>(entry.subject)
    .bind::<BigInt, _>(state.version)
    .bind::<Text, _>(state.name)
    .execute(connection)
    .await
    .map(drop)
}

/// Waits until a condition holds, for at most ten seconds.
pub(crate) async fn eventually(what: &str, holds: impl Fn() -> bool) {
    for _ in 0..400 {
        if holds() {
            return;
        }
        tokio::time::sleep(Duration::from_millis(25)).await;
    }
    panic!("not within ten seconds: {what}");
}

pub(crate) fn subject(number: u128) -> Uuid {
    Uuid::from_u128(number)
}

/// The versions of the states in these entries.
pub(crate) fn versions(events: &[serde_json::Value]) -> Vec<i64> {
    events.iter().map(|event| event["data"]["version"].as_i64().unwrap()).collect()
}

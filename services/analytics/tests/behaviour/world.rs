//! A feed in ticketing's place, and the analytics service that counts its entries.

use std::{
    net::SocketAddr,
    sync::{Arc, Mutex},
    time::Duration,
};

use booked_analytics::{app, config::ServeArgs, outbound::postgres::MIGRATIONS};
use booked_contract::{
    analytics::{EventAnalytics, EventCancellations},
    feed::{CancelledTicket, EventOnSale, TicketsBooked, TicketsCancelled},
};
use booked_feed::{Feed, NewEntry, Position, outbox};
use booked_identity::{
    Identity, Role,
    internal::{CREDENTIAL_HEADER, Credential, identity_headers},
};
use booked_ids::{EventId, UserId};
use booked_postgres::{Database, DatabaseSettings, TransactionError};
use booked_sandbox::{TestDatabase, test_database};
use booked_server::{Application, Bound, Clock, Lifecycle, config::HttpSettings};
use booked_telemetry::Metrics;
use chrono::{DateTime, Utc};
use clap::Parser;
use diesel_async::{AsyncConnection as _, AsyncPgConnection, SimpleAsyncConnection as _};
use reqwest::{Client, Method, Response};
use serde::de::DeserializeOwned;
use tokio::runtime::Handle;
use uuid::Uuid;

const SECRET: &str = "a-secret-that-is-known-to-tests-alone";
const OUTBOX: [&str; 4] = [
    include_str!("../../../../crates/feed/sql/outbox.sql"),
    include_str!("../../../../crates/feed/sql/outbox_horizon.sql"),
    include_str!("../../../../crates/feed/sql/outbox_partitions.sql"),
    include_str!("../../../../crates/feed/sql/outbox_archive.sql"),
];

/// Noon, so that a test can go some hours back or forth within the day.
pub(crate) const TODAY: &str = "2030-05-17T12:00:00Z";
pub(crate) const YESTERDAY: &str = "2030-05-16T12:00:00Z";

/// Ticketing's feed, and analytics with a database of its own and a clock that stands still.
pub(crate) struct World {
    pub(crate) ticketing: Ticketing,
    pub(crate) analytics: Analytics,
    pub(crate) database: TestDatabase,
    pub(crate) clock: Arc<StandingClock>,
}

impl World {
    pub(crate) async fn start() -> Self {
        let ticketing = Ticketing::start();
        let database = test_database("analytics", migrate);
        let clock = StandingClock::new();
        let analytics = Analytics::start(&database.url(), ticketing.address, &clock).await;
        analytics.ready().await;
        Self { ticketing, analytics, database, clock }
    }

    /// Another replica of analytics, on the same database.
    pub(crate) async fn start_replica(&self) -> Analytics {
        let replica = Analytics::start(&self.database.url(), self.ticketing.address, &self.clock).await;
        replica.ready().await;
        replica
    }

    /// Writes these facts in one transaction, and waits until they are counted.
    pub(crate) async fn publish(&self, facts: impl IntoIterator<Item = Fact>) {
        let position = self.ticketing.write(facts.into_iter().collect()).await;
        self.applied(position).await;
    }

    /// Writes these facts in a transaction of this many months ago, and waits until they are counted.
    pub(crate) async fn publish_in_month(&self, months_ago: u32, facts: impl IntoIterator<Item = Fact>) {
        let position = self.ticketing.write_in_month(months_ago, facts.into_iter().collect()).await;
        self.applied(position).await;
    }

    /// Waits until the feed is applied up to this position, in its present incarnation.
    pub(crate) async fn applied(&self, position: Position) {
        let is_applied = format!(
            "SELECT count(*) FROM feed_cursors WHERE row_id >= {position} AND incarnation <> '{ANOTHER_INCARNATION}'"
        );
        for _ in 0..400 {
            if self.database.execute(&is_applied).trim() == "1" {
                return;
            }
            tokio::time::sleep(Duration::from_millis(25)).await;
        }
        panic!("the feed was not applied up to {position} within ten seconds");
    }

    /// A failover of ticketing's database that lost nothing.
    pub(crate) fn pretend_that_another_server_took_over(&self) {
        self.database.execute(&format!("UPDATE feed_cursors SET incarnation = '{ANOTHER_INCARNATION}'"));
    }

    /// What analytics sees after ticketing's database was restored: the cursor belongs to another incarnation of the
    /// feed.
    pub(crate) fn pretend_that_all_was_read_in_another_incarnation(&self) {
        self.database.execute(&format!(
            "UPDATE feed_cursors SET incarnation = '{ANOTHER_INCARNATION}', digest = digest + 1"
        ));
    }
}

const ANOTHER_INCARNATION: &str = "another incarnation";

fn migrate(url: &str) {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
    let settings = DatabaseSettings::for_url(url).unwrap();
    runtime.block_on(booked_postgres::migrate(&settings, MIGRATIONS)).unwrap();
}

/// A service that serves ticketing's feed and nothing else.
pub(crate) struct Ticketing {
    database: Database,
    feed: Feed,
    address: SocketAddr,
    lifecycle: Lifecycle,
    place: TestDatabase,
}

impl Ticketing {
    fn start() -> Self {
        let place = test_database("ticketing", |_| {});
        OUTBOX.iter().for_each(|sql| drop(place.execute(sql)));
        let lifecycle = Lifecycle::new();
        let settings = DatabaseSettings::for_url(&place.url()).unwrap();
        let database = Database::new(&settings, &Handle::current()).unwrap();
        let feed = Feed::start("/ticketing", database.clone(), &lifecycle);
        let (http, metrics) = (http_settings(), Metrics::default());
        let application = Application::bind(http, credential(), lifecycle.clone(), metrics, feed.routes());
        let application = application.unwrap();
        let address = application.bound().traffic;
        tokio::spawn(application.serve());
        Self { database, feed, address, lifecycle, place }
    }

    /// Writes these facts in one transaction.
    pub(crate) async fn write(&self, facts: Vec<Fact>) -> Position {
        let entries: Vec<NewEntry> = facts.iter().map(Fact::entry).collect();
        let entries = &entries;
        let written = self
            .database
            .transaction(async move |connection| Ok(outbox::append(connection, entries).await?))
            .await;
        self.feed.signal().notify();
        written.map_err(|error: TransactionError<()>| error.to_string()).unwrap()
    }

    /// The same, this many months ago.
    async fn write_in_month(&self, months_ago: u32, facts: Vec<Fact>) -> Position {
        let mut connection = AsyncPgConnection::establish(&self.place.url()).await.unwrap();
        let written_at =
            format!("ALTER TABLE outbox ALTER written_at SET DEFAULT now() - interval '{months_ago} months'");
        connection.batch_execute(&written_at).await.unwrap();
        let position = self.write(facts).await;
        let as_ever =
            "ALTER TABLE outbox ALTER written_at SET DEFAULT now(); SELECT outbox_add_partitions(0)";
        connection.batch_execute(as_ever).await.unwrap();
        position
    }

    /// Archives the months before the one this many months ago.
    pub(crate) fn archive(&self, months_ago: u32) {
        let month =
            format!("(date_trunc('month', now() AT TIME ZONE 'UTC') - interval '{months_ago} months')::date");
        self.place.execute(&format!("SELECT outbox_archive_before({month})"));
    }

    /// A failover that loses the newest row of the feed.
    pub(crate) fn lose_the_last_row(&self) {
        self.place.execute("DELETE FROM outbox WHERE id = (SELECT max(id) FROM outbox)");
    }
}

impl Drop for Ticketing {
    fn drop(&mut self) {
        self.lifecycle.end();
    }
}

/// An entry of ticketing's feed.
#[derive(Clone, Debug)]
pub(crate) enum Fact {
    OnSale(EventOnSale),
    Booked(TicketsBooked),
    Cancelled(TicketsCancelled),
    /// A kind and its payload.
    Other(&'static str, serde_json::Value),
}

impl Fact {
    fn entry(&self) -> NewEntry {
        match self {
            Self::OnSale(state) => NewEntry::new(EventOnSale::KIND, state.event_id, state),
            Self::Booked(booked) => NewEntry::new(TicketsBooked::KIND, booked.event_id, booked),
            Self::Cancelled(cancelled) => {
                NewEntry::new(TicketsCancelled::KIND, cancelled.event_id, cancelled)
            }
            Self::Other(kind, data) => NewEntry::new(kind, Uuid::nil(), data),
        }
        .unwrap()
    }
}

pub(crate) fn event(number: u64) -> EventId {
    EventId::new(number, [0; 16])
}

pub(crate) fn on_sale(event: EventId, version: i64, seat_count: u32) -> Fact {
    Fact::OnSale(EventOnSale { event_id: event.as_uuid(), version, deleted: false, seat_count })
}

pub(crate) fn deleted(event: EventId, version: i64) -> Fact {
    Fact::OnSale(EventOnSale { event_id: event.as_uuid(), version, deleted: true, seat_count: 10 })
}

pub(crate) fn booked(event: EventId, tickets: u32, at: &str) -> Fact {
    Fact::Booked(TicketsBooked {
        booking_id: Uuid::nil(),
        event_id: event.as_uuid(),
        user_id: Uuid::nil(),
        seats: (1..=tickets).collect(),
        booked_unix_ms: unix_ms(at),
    })
}

/// Cancelled today; `booked_at` is when the tickets were booked.
pub(crate) fn cancelled(event: EventId, tickets: u32, booked_at: &str) -> Fact {
    let ticket = |seat| CancelledTicket { seat, booking_id: Uuid::nil(), booked_unix_ms: unix_ms(booked_at) };
    Fact::Cancelled(TicketsCancelled {
        event_id: event.as_uuid(),
        user_id: Uuid::nil(),
        tickets: (1..=tickets).map(ticket).collect(),
        cancelled_unix_ms: unix_ms(TODAY),
    })
}

fn unix_ms(time: &str) -> i64 {
    time.parse::<DateTime<Utc>>().unwrap().timestamp_millis()
}

/// A replica of the analytics service.
pub(crate) struct Analytics {
    bound: Bound,
    client: Client,
    lifecycle: Lifecycle,
}

#[derive(Parser)]
struct CommandLine {
    #[command(flatten)]
    serve: ServeArgs,
}

impl Analytics {
    pub(crate) async fn start(database_url: &str, ticketing: SocketAddr, clock: &Arc<StandingClock>) -> Self {
        let arguments = [
            "analytics",
            "--database-url",
            database_url,
            "--internal-credential",
            SECRET,
            "--ticketing-url",
            &format!("http://{ticketing}"),
        ];
        let config = CommandLine::parse_from(arguments).serve.check().unwrap();
        let lifecycle = Lifecycle::new();
        let clock = Arc::clone(clock);
        let application =
            app::bind_with_clock(config, lifecycle.clone(), Metrics::default(), clock).await.unwrap();
        let bound = application.bound();
        tokio::spawn(application.serve());
        Self { bound, client: Client::new(), lifecycle }
    }

    async fn ready(&self) {
        let url = format!("http://{}/readyz", self.bound.admin);
        for _ in 0..400 {
            let answer = self.client.get(&url).send().await;
            if answer.is_ok_and(|answer| answer.status() == 200) {
                return;
            }
            tokio::time::sleep(Duration::from_millis(25)).await;
        }
        panic!("the service was not ready within ten seconds");
    }

    pub(crate) async fn rows(&self) -> Vec<EventAnalytics> {
        self.read("/analytics/").await
    }

    pub(crate) async fn rates(&self) -> Vec<EventCancellations> {
        self.read("/analytics/cancellation_rates/").await
    }

    async fn read<T: DeserializeOwned>(&self, path: &str) -> T {
        let answer = self.send(Method::GET, path, Some(Role::Admin)).await;
        assert_eq!(answer.status(), 200);
        answer.json().await.unwrap()
    }

    /// A request as the gateway forwards it, from a client with this role, or from one that is not logged in.
    pub(crate) async fn send(&self, method: Method, path: &str, role: Option<Role>) -> Response {
        let url = format!("http://{}{path}", self.bound.traffic);
        let mut request = self.client.request(method, url).header(CREDENTIAL_HEADER, SECRET);
        if let Some(role) = role {
            let user = UserId::from_uuid(Uuid::nil());
            let identity = Identity { user, email: "ada@example.com".to_owned(), role };
            for (name, value) in identity_headers(&identity) {
                request = request.header(name, value);
            }
        }
        request.send().await.unwrap()
    }

    pub(crate) fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.bound.traffic)
    }
}

impl Drop for Analytics {
    fn drop(&mut self) {
        self.lifecycle.end();
    }
}

/// A clock that stands still until it is set.
pub(crate) struct StandingClock(Mutex<DateTime<Utc>>);

impl StandingClock {
    pub(crate) fn new() -> Arc<Self> {
        Arc::new(Self(Mutex::new(TODAY.parse().unwrap())))
    }

    pub(crate) fn set(&self, time: &str) {
        *self.0.lock().unwrap() = time.parse().unwrap();
    }
}

impl Clock for StandingClock {
    fn now(&self) -> DateTime<Utc> {
        *self.0.lock().unwrap()
    }
}

fn credential() -> Credential {
    Credential::parse(SECRET).unwrap()
}

fn http_settings() -> HttpSettings {
    let nowhere = SocketAddr::from(([127, 0, 0, 1], 0));
    HttpSettings {
        listen: nowhere,
        admin_listen: nowhere,
        workers: 1,
        drain_delay: Duration::ZERO,
        drain_timeout: Duration::from_secs(1),
    }
}

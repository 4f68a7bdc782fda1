//! The Postgres and the Valkey of a sale: a part of the shared ones, or servers of its own for a test that stops them.

use std::{process::Command, sync::Mutex};

use booked_ids::EventId;
use booked_postgres::DatabaseSettings;
use booked_sandbox::{
    PostgresServer, TestDatabase, ValkeyOptions, ValkeyServer, test_database, test_postgres, test_programs,
    test_valkey, test_valkey_url,
};
use booked_ticketing::outbound::postgres::MIGRATIONS;
use diesel_async::{AsyncConnection as _, AsyncPgConnection, SimpleAsyncConnection as _};
use redis::FromRedisValue;
use tokio::task::JoinHandle;
use uuid::Uuid;

const OWN_DATABASE: &str = "ticketing";

/// Where ticketing keeps tickets.
pub(crate) enum SalePostgres {
    Shared(TestDatabase),
    Own(Box<Mutex<PostgresServer>>),
}

impl SalePostgres {
    pub(crate) fn shared() -> Self {
        Self::Shared(test_database("ticketing", migrate))
    }

    pub(crate) fn own() -> Self {
        let server = test_postgres();
        let url = server.url(OWN_DATABASE);
        std::thread::scope(|scope| scope.spawn(|| migrate(&url)).join().unwrap());
        Self::Own(Box::new(Mutex::new(server)))
    }

    pub(crate) fn url(&self) -> String {
        match self {
            Self::Shared(database) => database.url(),
            Self::Own(server) => server.lock().unwrap().url(OWN_DATABASE),
        }
    }

    /// The rows' values as text, a line for each row, columns divided by `|`.
    pub(crate) fn execute(&self, sql: &str) -> String {
        let text = match self {
            Self::Shared(database) => database.execute(sql),
            Self::Own(server) => server.lock().unwrap().execute(OWN_DATABASE, sql).unwrap(),
        };
        text.trim().to_owned()
    }

    /// Lets nobody write tickets until the answer is dropped; they can be read. Only where the server is the sale's own:
    /// an open transaction holds back the feeds of all databases of a server.
    pub(crate) async fn lock_tickets(&self) -> AsyncPgConnection {
        let _ = self.own_server();
        let mut connection = AsyncPgConnection::establish(&self.url()).await.unwrap();
        connection.batch_execute("BEGIN; LOCK TABLE tickets IN EXCLUSIVE MODE").await.unwrap();
        connection
    }

    /// Somebody commits again and again until the task is aborted.
    pub(crate) fn keep_committing(&self) -> JoinHandle<()> {
        let url = self.url();
        tokio::spawn(async move {
            let mut connection = AsyncPgConnection::establish(&url).await.unwrap();
            loop {
                connection.batch_execute("SELECT pg_logical_emit_message(true, 'a test', '')").await.unwrap();
            }
        })
    }

    /// Nobody cancels tickets for the user and event until the connection is dropped, as while another replica does.
    pub(crate) async fn lock_cancels(&self, user: &str, event: EventId) -> AsyncPgConnection {
        let mut connection = AsyncPgConnection::establish(&self.url()).await.unwrap();
        let lock = format!("SELECT pg_advisory_lock(hashtextextended('{user}{event}', 0))");
        connection.batch_execute(&lock).await.unwrap();
        connection
    }

    /// Nobody cancels tickets for the user until the connection is dropped, as while another replica cancels some that they
    /// have chosen.
    pub(crate) async fn lock_all_cancels(&self, user: &str) -> AsyncPgConnection {
        let mut connection = AsyncPgConnection::establish(&self.url()).await.unwrap();
        let lock = format!("SELECT pg_advisory_lock(hashtextextended('{user}', 0))");
        connection.batch_execute(&lock).await.unwrap();
        connection
    }

    /// Nobody joins the event's waitlist until the connection is dropped, as while another replica changes it.
    pub(crate) async fn lock_waitlist(&self, event: EventId) -> AsyncPgConnection {
        let _ = self.own_server();
        let mut connection = AsyncPgConnection::establish(&self.url()).await.unwrap();
        let lock = format!("BEGIN; SELECT FROM waitlists WHERE event_id = '{event}' FOR UPDATE");
        connection.batch_execute(&lock).await.unwrap();
        connection
    }

    /// Nobody notes that anybody is to be notified of seats until the connection is dropped; as with [`SalePostgres::lock_tickets`].
    pub(crate) async fn lock_notifications(&self) -> AsyncPgConnection {
        self.hide("LOCK TABLE notifications IN EXCLUSIVE MODE").await
    }

    /// Nobody can so much as read a ticket until the connection is dropped; as with [`SalePostgres::lock_tickets`].
    pub(crate) async fn hide_tickets(&self) -> AsyncPgConnection {
        self.hide("LOCK TABLE tickets IN ACCESS EXCLUSIVE MODE").await
    }

    /// Looks at counts wait until the connection is dropped; bookings go on, uncounted.
    pub(crate) async fn hide_counts(&self) -> AsyncPgConnection {
        self.execute("ALTER TABLE tickets DISABLE TRIGGER USER");
        self.hide("LOCK TABLE sold_counts IN ACCESS EXCLUSIVE MODE").await
    }

    async fn hide(&self, lock: &str) -> AsyncPgConnection {
        let _ = self.own_server();
        let mut connection = AsyncPgConnection::establish(&self.url()).await.unwrap();
        connection.batch_execute(&format!("BEGIN; {lock}")).await.unwrap();
        connection
    }

    /// Nobody can book tickets of the event until the connection is dropped.
    pub(crate) async fn lock_event(&self, event: EventId) -> AsyncPgConnection {
        let mut connection = AsyncPgConnection::establish(&self.url()).await.unwrap();
        let lock = format!("BEGIN; SELECT FROM events WHERE id = '{event}' FOR UPDATE");
        connection.batch_execute(&lock).await.unwrap();
        connection
    }

    /// Nobody can cancel this ticket until the connection is dropped.
    pub(crate) async fn lock_ticket(&self, ticket: Uuid) -> AsyncPgConnection {
        let mut connection = AsyncPgConnection::establish(&self.url()).await.unwrap();
        let lock = format!("BEGIN; SELECT FROM tickets WHERE id = '{ticket}' FOR UPDATE");
        connection.batch_execute(&lock).await.unwrap();
        connection
    }

    /// A booking of the event is under way until the connection is dropped. Only where the server is the sale's own, as with
    /// [`SalePostgres::lock_tickets`].
    pub(crate) async fn share_event(&self, event: EventId) -> AsyncPgConnection {
        let _ = self.own_server();
        let mut connection = AsyncPgConnection::establish(&self.url()).await.unwrap();
        let share = format!("BEGIN; SELECT FROM events WHERE id = '{event}' FOR SHARE");
        connection.batch_execute(&share).await.unwrap();
        connection
    }

    /// A crash.
    pub(crate) fn kill(&self) {
        self.own_server().lock().unwrap().kill();
    }

    pub(crate) fn start_again(&self) {
        self.own_server().lock().unwrap().restart().unwrap();
    }

    fn own_server(&self) -> &Mutex<PostgresServer> {
        match self {
            Self::Shared(_) => panic!("set the sale up with a Postgres of its own"),
            Self::Own(server) => server,
        }
    }
}

fn migrate(url: &str) {
    let settings = DatabaseSettings::for_url(url).unwrap();
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().unwrap();
    runtime.block_on(booked_postgres::migrate(&settings, MIGRATIONS)).unwrap();
}

/// Where ticketing keeps holds.
pub(crate) enum SaleValkey {
    Shared(String),
    Own(Box<Mutex<ValkeyServer>>),
}

impl SaleValkey {
    pub(crate) fn shared() -> Self {
        Self::Shared(test_valkey_url())
    }

    pub(crate) fn own() -> Self {
        Self::Own(Box::new(Mutex::new(test_valkey())))
    }

    /// One of its own whose data outlives it.
    pub(crate) fn durable() -> Self {
        let options = ValkeyOptions { append_only: true, ..ValkeyOptions::new("") };
        let server = ValkeyServer::start_temporary(&test_programs(), options).unwrap();
        Self::Own(Box::new(Mutex::new(server)))
    }

    pub(crate) fn url(&self) -> String {
        match self {
            Self::Shared(url) => url.clone(),
            Self::Own(server) => server.lock().unwrap().url(),
        }
    }

    /// Sends a command from beside the service.
    pub(crate) fn ask<T: FromRedisValue>(&self, words: &[&str]) -> T {
        let mut connection = redis::Client::open(self.url()).unwrap().get_connection().unwrap();
        let mut command = redis::Cmd::new();
        words.iter().for_each(|word| {
            command.arg(*word);
        });
        command.query(&mut connection).unwrap_or_else(|error| panic!("{words:?}: {error}"))
    }

    /// Whether a seat's bit is set.
    pub(crate) fn is_taken(&self, event: EventId, seat: u32) -> bool {
        self.ask::<u8>(&["GETBIT", &format!("{{{event}}}:taken"), &(seat - 1).to_string()]) == 1
    }

    /// Sets or clears a seat's bit by hand, and counts it.
    pub(crate) fn set_taken(&self, event: EventId, seat: u32, taken: bool) {
        let (bit, change) = if taken { ("1", 1) } else { ("0", -1) };
        let before: u8 = self.ask(&["SETBIT", &format!("{{{event}}}:taken"), &(seat - 1).to_string(), bit]);
        assert_eq!(before, u8::from(!taken), "seat {seat} is so already");
        let meta = format!("{{{event}}}:meta");
        self.ask::<i64>(&["HINCRBY", &meta, "taken", &change.to_string()]);
        self.ask::<i64>(&["HSET", &meta, "hint", "0"]);
    }

    /// Forgets everything, without a restart.
    pub(crate) fn flush(&self) {
        self.ask::<String>(&["FLUSHDB"]);
    }

    /// In good order.
    pub(crate) fn stop(&self) {
        self.own_server().lock().unwrap().stop();
    }

    /// A crash; unless it is durable, everything is forgotten.
    pub(crate) fn kill(&self) {
        self.own_server().lock().unwrap().kill();
    }

    pub(crate) fn start_again(&self) {
        self.own_server().lock().unwrap().restart().unwrap();
    }

    /// Stops the process without ending it: connections stay, nobody answers. It thaws when this is dropped.
    pub(crate) fn freeze(&self) -> Frozen {
        let info: String = self.ask(&["INFO", "server"]);
        let pid = info.lines().find_map(|line| line.strip_prefix("process_id:")).unwrap().trim().to_owned();
        let frozen = Frozen { pid };
        frozen.signal("STOP");
        frozen
    }

    fn own_server(&self) -> &Mutex<ValkeyServer> {
        match self {
            Self::Shared(_) => panic!("set the sale up with a Valkey of its own"),
            Self::Own(server) => server,
        }
    }
}

/// A process that does not run on.
pub(crate) struct Frozen {
    pid: String,
}

impl Frozen {
    fn signal(&self, name: &str) {
        let status = Command::new("kill").args(["-s", name, &self.pid]).status().unwrap();
        assert!(status.success(), "kill -s {name} {}", self.pid);
    }
}

impl Drop for Frozen {
    fn drop(&mut self) {
        self.signal("CONT");
    }
}

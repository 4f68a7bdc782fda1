//! One Postgres database and one Valkey database, the replicas that work on them, and what both keep, read behind the
//! replicas' backs.

use std::{collections::BTreeMap, future::Future, sync::Arc, time::Duration};

use async_trait::async_trait;
use booked_contract::{event::EventDetails, feed::EventState};
use booked_failure::Failure;
use booked_feed::Feed;
use booked_ids::{EventId, TicketId, UserId};
use booked_postgres::{Abort, Database, DatabaseSettings};
use booked_sandbox::{TestDatabase, test_database, test_valkey_url};
use booked_server::{Lifecycle, SystemRandom, settings::Unchecked};
use booked_ticketing::{
    domain::{
        booking::Requested,
        count::{SeatsWanted, TicketsToCancel},
        seat::{AttemptId, SeatState},
    },
    outbound::{
        notifier::LogNotifier,
        postgres::{
            BookingQueue, MIGRATIONS, PostgresBookings, PostgresCancelledEvents, PostgresEventChanges,
            PostgresEvents, PostgresWaitlistStore, QueueSettings, apply_event_states, carry_out_change,
        },
        users::HttpUsers,
        valkey::{Lifetimes, Valkey, ValkeySeats, ValkeySettings},
    },
    ports::{EventFeed, EventRecord, Holds as _, Inventory as _},
    usecases::{
        self, BookError, CancelError, Contention, Context, Loads, ReserveError, book_tickets, cancel_tickets,
        reconcile_seats, reserve_tickets, settle_overdue,
    },
};
use diesel::QueryResult;
use diesel_async::AsyncPgConnection;
use redis::aio::MultiplexedConnection;
use tokio::{task::JoinHandle, time::timeout};
use uuid::Uuid;

use crate::{
    gates::SharedGates,
    ledger::LEDGER_AND_TICKETS_DIFFER,
    stopped_seats::StoppedSeats,
    stopped_store::{StoppedBookings, StoppedEvents},
};

/// How long a test waits before it says what never came.
const PATIENCE: Duration = Duration::from_secs(20);
/// The seats of [`World::event`].
pub(crate) const CAPACITY: u32 = 8;
/// Claims are overdue as soon as they are made: the janitor comes when a test sends it.
const CLAIM: Duration = Duration::from_millis(1);
/// Longer than any test.
const HOUR: Duration = Duration::from_secs(3600);

pub(crate) struct World {
    pub(crate) database: TestDatabase,
    pub(crate) postgres: Database,
    pub(crate) valkey_url: String,
    raw: MultiplexedConnection,
    lifecycle: Lifecycle,
}

/// A process that serves, up to its gates.
pub(crate) struct Replica {
    pub(crate) context: Context,
    pub(crate) gates: SharedGates,
}

/// What Valkey says of a seat.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Seat {
    NotLoaded,
    Free,
    Held(UserId),
    RunOut,
    Settling(AttemptId),
    Sold,
}

pub(crate) fn user(number: u128) -> UserId {
    UserId::from_uuid(Uuid::from_u128(number))
}

pub(crate) fn state(event: EventId, version: i64, seat_count: u32, deleted: bool) -> EventState {
    EventState {
        event_id: event.as_uuid(),
        version,
        deleted,
        details: EventDetails { name: "Concert".to_owned(), ..EventDetails::default() },
        seat_count,
        sale: None,
    }
}

/// What the event service says, noted and carried out in one transaction.
pub(crate) async fn apply(connection: &mut AsyncPgConnection, state: EventState) -> QueryResult<()> {
    let event = EventId::from_uuid(state.event_id).unwrap();
    apply_event_states(connection, vec![state]).await?;
    carry_out_change(connection, event).await
}

/// Waits for what must come soon.
pub(crate) async fn soon<T>(what: impl Future<Output = T>) -> T {
    timeout(PATIENCE, what).await.expect("it must come soon")
}

/// Waits until something is so.
pub(crate) async fn until(what: &str, mut is_so: impl AsyncFnMut() -> bool) {
    let waited = timeout(PATIENCE, async {
        while !is_so().await {
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    });
    waited.await.unwrap_or_else(|_| panic!("never so: {what}"));
}

pub(crate) async fn until_finished<T>(work: &JoinHandle<T>) {
    until("the work is finished", async || work.is_finished()).await;
}

struct NoNews;

#[async_trait]
impl EventFeed for NoNews {
    async fn pull(&self) -> Result<(), Failure> {
        Ok(())
    }
}

fn migrate(url: &str) {
    let settings = DatabaseSettings::for_url(url).unwrap();
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().unwrap();
    runtime.block_on(booked_postgres::migrate(&settings, MIGRATIONS)).unwrap();
}

fn settings(url: &str, work_ms: u32) -> DatabaseSettings {
    let work_ms = work_ms.to_string();
    let wait = ("DATABASE_ACQUIRE_TIMEOUT_MS", "5000");
    Unchecked::of([("DATABASE_URL", url), wait, ("DATABASE_TIMEOUT_MS", &work_ms)]).check().unwrap()
}

impl World {
    pub(crate) async fn new() -> Self {
        let database = test_database("late_steps", migrate);
        let lifecycle = Lifecycle::new();
        let postgres = Database::new(&settings(&database.url(), 15_000), lifecycle.runtime()).unwrap();
        let valkey_url = test_valkey_url();
        let raw = redis::Client::open(valkey_url.as_str()).unwrap();
        let raw = raw.get_multiplexed_async_connection().await.unwrap();
        Self { database, postgres, valkey_url, raw, lifecycle }
    }

    /// A world with one replica and one event.
    pub(crate) async fn with_event() -> (Self, Replica, EventId) {
        let world = Self::new().await;
        let (replica, event) = (world.replica(), world.event(1).await);
        (world, replica, event)
    }

    pub(crate) fn replica(&self) -> Replica {
        self.replica_through(self.database.url(), 10_000)
    }

    /// A replica whose holds last so long.
    pub(crate) fn replica_holding(&self, hold: Duration) -> Replica {
        self.replica_of(self.database.url(), 10_000, hold)
    }

    /// A replica with another way to Postgres, or less contention with it.
    pub(crate) fn replica_through(&self, database_url: String, work_ms: u32) -> Replica {
        self.replica_of(database_url, work_ms, HOUR)
    }

    fn replica_of(&self, database_url: String, work_ms: u32, hold: Duration) -> Replica {
        let lifecycle = &self.lifecycle;
        let database = Database::new(&settings(&database_url, work_ms), lifecycle.runtime()).unwrap();
        let queue = QueueSettings { flushers: 1, length: 100, wait: Duration::from_secs(10) };
        let signal = Feed::start("ticketing", database.clone(), lifecycle).signal();
        let queue = BookingQueue::start(&database, queue, 0, lifecycle);
        let bookings = Arc::new(PostgresBookings::new(database.clone(), queue, signal.clone()));
        let events = Arc::new(PostgresEvents::new(database.clone()));
        let (gates, random) = (SharedGates::default(), Arc::new(SystemRandom));
        let seats = Arc::new(StoppedSeats { inner: self.seats_holding(hold), gates: Arc::clone(&gates) });
        let context = Context {
            holds: seats.clone(),
            claims: seats.clone(),
            inventory: seats,
            bookings: Arc::new(StoppedBookings { inner: bookings, gates: Arc::clone(&gates) }),
            events: Arc::new(StoppedEvents { inner: events, gates: Arc::clone(&gates) }),
            waitlist: Arc::new(PostgresWaitlistStore::new(database.clone(), random.clone())),
            cancelled: Arc::new(PostgresCancelledEvents::new(database.clone())),
            users: Arc::new(HttpUsers::new(None)),
            changes: Arc::new(PostgresEventChanges::new(database.clone(), signal)),
            feed: Arc::new(NoNews),
            notifier: Arc::new(LogNotifier),
            random,
            loads: Arc::new(Loads::new(lifecycle)),
            queues: Arc::default(),
            known: Arc::default(),
            contention: Contention { wait_max: Duration::from_secs(10), poll: Duration::from_millis(5) },
        };
        Replica { context, gates }
    }

    /// The seats, without gates.
    pub(crate) fn seats(&self) -> ValkeySeats {
        self.seats_holding(HOUR)
    }

    fn seats_holding(&self, hold: Duration) -> ValkeySeats {
        let texts = [("VALKEY_URL", self.valkey_url.as_str()), ("VALKEY_TIMEOUT_MS", "10000")];
        let settings = Unchecked::<ValkeySettings>::of(texts).check().unwrap();
        let lifetimes = Lifetimes { hold, claim: CLAIM, load_lease: HOUR };
        ValkeySeats::new(Valkey::new(settings, self.lifecycle.runtime().clone()), lifetimes)
    }

    /// A new event with [`CAPACITY`] seats.
    pub(crate) async fn event(&self, number: u8) -> EventId {
        let event = EventId::new(1_900_000_000_000, [number; 16]);
        self.apply(state(event, 1, CAPACITY, false)).await;
        event
    }

    /// What the event service says is true in Postgres from now on.
    pub(crate) async fn apply(&self, state: EventState) {
        let applied = self
            .postgres
            .transaction(async move |connection| apply(connection, state).await.map_err(Abort::<()>::Failed));
        applied.await.unwrap();
    }

    pub(crate) async fn seat(&self, ticket: TicketId) -> Seat {
        let looked = self.seats().inspect(ticket.event(), &[ticket.seat()]).await.unwrap();
        let Some(states) = looked else { return Seat::NotLoaded };
        let state = states.seats.into_iter().next().unwrap();
        match (state.claim, state.hold) {
            (Some(claim), _) => Seat::Settling(claim.attempt),
            (None, Some(hold)) if hold.expires_unix_ms <= states.now_unix_ms => Seat::RunOut,
            (None, Some(hold)) => Seat::Held(hold.user.unwrap()),
            (None, None) if state.taken => Seat::Sold,
            (None, None) => Seat::Free,
        }
    }

    /// The owners of an event's tickets, as Postgres says.
    pub(crate) async fn owners(&self, event: EventId) -> BTreeMap<TicketId, UserId> {
        let store = self.replica().context.bookings;
        let first = booked_ids::SeatNumber::new(1).unwrap();
        let sold = store.sold(event, first, 1_000).await.unwrap();
        let tickets: Vec<TicketId> = sold.into_iter().map(|seat| event.ticket(seat)).collect();
        store.owners(&tickets).await.unwrap().into_iter().collect()
    }

    /// Time passes for a hold, also where a claim keeps it.
    pub(crate) async fn run_out(&self, ticket: TicketId) {
        const SCRIPT: &str = "local claim = redis.call('HGET', KEYS[2], ARGV[1])
            if claim then redis.call('HSET', KEYS[2], ARGV[1], (string.gsub(claim, '%d+$', '1'))) end
            redis.call('DEL', KEYS[3])
            return redis.call('ZADD', KEYS[1], 'XX', 1, ARGV[1])";
        let key = |name: &str| format!("{{{}}}:{name}", ticket.event());
        let _: u32 = redis::cmd("EVAL")
            .arg(SCRIPT)
            .arg(3)
            .arg(key("holds"))
            .arg(key("claims"))
            .arg(key(&ticket.to_string()))
            .arg(ticket.seat().get())
            .query_async(&mut self.raw.clone())
            .await
            .unwrap();
    }

    /// Time passes for a hold, and it is taken back.
    pub(crate) async fn run_out_and_take_back(&self, ticket: TicketId) {
        self.run_out(ticket).await;
        self.expire_holds(ticket.event()).await;
    }

    /// Takes back all holds whose time has passed.
    pub(crate) async fn expire_holds(&self, event: EventId) {
        self.seats().expire_holds(event, 1_000).await.unwrap();
    }

    /// Valkey loses an event's key.
    pub(crate) async fn lose(&self, event: EventId, key: &str) {
        let _: u32 = redis::cmd("DEL")
            .arg(format!("{{{event}}}:{key}"))
            .query_async(&mut self.raw.clone())
            .await
            .unwrap();
    }

    /// How long the lease of an event's load still lasts, in milliseconds; negative if there is none.
    pub(crate) async fn lease_left_ms(&self, event: EventId) -> i64 {
        redis::Cmd::pttl(format!("{{{event}}}:load")).query_async(&mut self.raw.clone()).await.unwrap()
    }

    /// Valkey says that a seat is free, whatever it was.
    pub(crate) async fn clear_bit(&self, ticket: TicketId) {
        let key = |name: &str| format!("{{{}}}:{name}", ticket.event());
        let mut forget = redis::pipe();
        forget.cmd("SETBIT").arg(key("taken")).arg(ticket.seat().get() - 1).arg(0);
        forget.cmd("HINCRBY").arg(key("meta")).arg("taken").arg(-1);
        forget.cmd("HSET").arg(key("meta")).arg("hint").arg(0);
        forget.exec_async(&mut self.raw.clone()).await.unwrap();
    }

    /// Valkey loses everything.
    pub(crate) async fn lose_all(&self) {
        redis::cmd("FLUSHDB").query_async::<()>(&mut self.raw.clone()).await.unwrap();
    }

    /// The clean-up by the protocol's own processes; then nothing is settling, what is taken is held or sold, and the
    /// ledger says what the tickets say.
    pub(crate) async fn assert_settled(&self, event: EventId) {
        let replica = self.replica();
        replica.janitor(event).await;
        replica.reconcile(event).await;
        let owners = self.owners(event).await;
        let first = booked_ids::SeatNumber::new(1).unwrap();
        let taken = self.seats().taken(event, first, 1_000).await.unwrap().unwrap_or_default();
        if !taken.is_empty() {
            let looked = self.seats().inspect(event, &taken).await.unwrap().unwrap();
            assert_eq!(looked.seats.iter().find(|seat| seat.claim.is_some()), None, "a claim is left");
            let sold: Vec<_> = looked.seats.iter().filter(|seat| seat.looks_sold()).collect();
            let sold: Vec<TicketId> =
                sold.into_iter().map(|state: &SeatState| event.ticket(state.seat)).collect();
            assert_eq!(sold, owners.keys().copied().collect::<Vec<_>>(), "what looks sold, and what is");
        }
        assert_eq!(
            self.database.execute(LEDGER_AND_TICKETS_DIFFER).trim(),
            "0",
            "the ledger and the tickets"
        );
    }
}

impl Replica {
    pub(crate) async fn reserve(
        &self,
        user: UserId,
        event: EventId,
        count: i64,
    ) -> Result<Vec<TicketId>, ReserveError> {
        let wanted = SeatsWanted::new(count).unwrap();
        Ok(reserve_tickets(&self.context, user, event, wanted, None).await?.what.tickets)
    }

    /// Reserves what surely is free.
    pub(crate) async fn hold(&self, user: UserId, event: EventId, count: i64) -> Vec<TicketId> {
        self.reserve(user, event, count).await.unwrap()
    }

    /// A booking that goes on on its own.
    pub(crate) fn book(&self, user: UserId, tickets: &[TicketId]) -> JoinHandle<Result<(), BookError>> {
        let context = self.context.clone();
        let requested = Requested { tickets: tickets.iter().copied().collect(), any_unknown: false };
        tokio::spawn(async move { soon(book_tickets(&context, user, requested, None)).await })
    }

    /// A booking that succeeds.
    pub(crate) async fn buy(&self, user: UserId, tickets: &[TicketId]) {
        self.book(user, tickets).await.unwrap().unwrap();
    }

    /// A cancel that goes on on its own.
    pub(crate) fn cancel(
        &self,
        user: UserId,
        event: EventId,
        count: i64,
    ) -> JoinHandle<Result<(), CancelError>> {
        let (context, count) = (self.context.clone(), TicketsToCancel::new(count).unwrap());
        tokio::spawn(async move { soon(cancel_tickets(&context, user, event, count, None)).await })
    }

    /// Settles what is overdue, which every claim is at once.
    pub(crate) async fn janitor(&self, event: EventId) -> u32 {
        // A claim's deadline is within Valkey's millisecond.
        tokio::time::sleep(CLAIM * 2).await;
        settle_overdue(&self.context, event).await.unwrap().total()
    }

    pub(crate) fn start_reconciling(&self, event: EventId) -> JoinHandle<usecases::Reconciled> {
        let context = self.context.clone();
        let record = EventRecord::new(event, CAPACITY);
        tokio::spawn(async move { soon(reconcile_seats(&context, record)).await.unwrap() })
    }

    pub(crate) async fn reconcile(&self, event: EventId) -> usecases::Reconciled {
        self.start_reconciling(event).await.unwrap()
    }
}

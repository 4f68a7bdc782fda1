//! Ticketing's rules on a Valkey Cluster of three nodes and a Postgres database, with the time limits of production.

use std::{
    future::Future,
    sync::Arc,
    time::{Duration, Instant},
};

use async_trait::async_trait;
use booked_contract::{event::EventDetails, feed::EventState};
use booked_failure::Failure;
use booked_feed::Feed;
use booked_ids::{EventId, TicketId, UserId};
use booked_postgres::{Abort, Database, DatabaseSettings};
use booked_sandbox::{TestDatabase, ValkeyCluster, test_database, test_valkey_cluster};
use booked_server::{Lifecycle, SystemRandom, settings::Unchecked};
use booked_ticketing::{
    domain::{
        booking::Requested,
        count::{SeatsWanted, TicketsToCancel},
    },
    inbound::jobs::{self, JobSettings},
    outbound::{
        notifier::LogNotifier,
        postgres::{
            BookingQueue, MIGRATIONS, PostgresBookings, PostgresCancelledEvents, PostgresEventChanges,
            PostgresEvents, PostgresWaitlistStore, QueueSettings, apply_event_states,
        },
        users::HttpUsers,
        valkey::{Lifetimes, Valkey, ValkeySeats, ValkeySettings},
    },
    ports::EventFeed,
    usecases::{
        BookError, CancelError, Contention, Context, Loads, ReserveError, book_tickets, cancel_tickets,
        count_occupied, reserve_tickets,
    },
};
use tokio::time::timeout;
use uuid::Uuid;

/// How long a test waits before it says what never came. A node that comes back is agreed upon after some seconds.
const PATIENCE: Duration = Duration::from_secs(60);
/// Whatever is away, an answer comes within this time.
const ANSWER_WITHIN: Duration = Duration::from_secs(3);
pub(crate) const CAPACITY: u32 = 20;
pub(crate) const HOLD: Duration = Duration::from_secs(600);

pub(crate) struct World {
    pub(crate) cluster: ValkeyCluster,
    pub(crate) valkey: Valkey,
    pub(crate) context: Context,
    postgres: Database,
    lifecycle: Lifecycle,
    _database: TestDatabase,
}

struct NoNews;

#[async_trait]
impl EventFeed for NoNews {
    async fn pull(&self) -> Result<(), Failure> {
        Ok(())
    }
}

pub(crate) fn user(number: u128) -> UserId {
    UserId::from_uuid(Uuid::from_u128(number))
}

/// Waits until something is so.
pub(crate) async fn until(what: &str, mut is_so: impl AsyncFnMut() -> bool) {
    let waited = timeout(PATIENCE, async {
        while !is_so().await {
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    });
    waited.await.unwrap_or_else(|_| panic!("never so: {what}"));
}

/// The answer, which must come in time.
pub(crate) async fn in_time<T>(what: impl Future<Output = T>) -> T {
    let began = Instant::now();
    let answer = what.await;
    let took = began.elapsed();
    assert!(took < ANSWER_WITHIN, "the answer took {took:?}");
    answer
}

fn migrate(url: &str) {
    let settings = DatabaseSettings::for_url(url).unwrap();
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().unwrap();
    runtime.block_on(booked_postgres::migrate(&settings, MIGRATIONS)).unwrap();
}

impl World {
    pub(crate) async fn new() -> Self {
        Self::with_hold(HOLD).await
    }

    pub(crate) async fn with_hold(hold: Duration) -> Self {
        let (cluster, database) = (test_valkey_cluster(), test_database("valkey_cluster", migrate));
        let lifecycle = Lifecycle::new();
        let settings = DatabaseSettings::for_url(&database.url()).unwrap();
        let postgres = Database::new(&settings, lifecycle.runtime()).unwrap();
        let url = cluster.url();
        let texts = [("VALKEY_URL", url.as_str()), ("VALKEY_TIMEOUT_MS", "1000")];
        let valkey = Unchecked::<ValkeySettings>::of(texts).check().unwrap();
        let valkey = Valkey::new(valkey, lifecycle.runtime().clone());
        let lifetimes =
            Lifetimes { hold, claim: Duration::from_secs(10), load_lease: Duration::from_secs(10) };
        let queue = QueueSettings { flushers: 2, length: 100, wait: Duration::from_secs(1) };
        let signal = Feed::start("ticketing", postgres.clone(), &lifecycle).signal();
        let bookings = PostgresBookings::new(
            postgres.clone(),
            BookingQueue::start(&postgres, queue, 0, &lifecycle),
            signal.clone(),
        );
        let random = Arc::new(SystemRandom);
        let seats = Arc::new(ValkeySeats::new(valkey.clone(), lifetimes));
        let context = Context {
            holds: seats.clone(),
            claims: seats.clone(),
            inventory: seats,
            bookings: Arc::new(bookings),
            events: Arc::new(PostgresEvents::new(postgres.clone())),
            waitlist: Arc::new(PostgresWaitlistStore::new(postgres.clone(), random.clone())),
            cancelled: Arc::new(PostgresCancelledEvents::new(postgres.clone())),
            users: Arc::new(HttpUsers::new(None)),
            changes: Arc::new(PostgresEventChanges::new(postgres.clone(), signal)),
            feed: Arc::new(NoNews),
            notifier: Arc::new(LogNotifier),
            random,
            loads: Arc::new(Loads::new(&lifecycle)),
            queues: Arc::default(),
            known: Arc::default(),
            contention: Contention { wait_max: Duration::from_millis(1500), poll: Duration::from_millis(20) },
        };
        Self { cluster, valkey, context, postgres, lifecycle, _database: database }
    }

    /// Starts the janitor, the reconciler and the other jobs.
    pub(crate) fn start_jobs(&self) {
        let (tick, reconcile_round) = (Duration::from_millis(200), Duration::from_secs(600));
        jobs::start(
            &self.context,
            JobSettings { tick, reconcile_round, claim: reconcile_round },
            &self.lifecycle,
        );
    }

    /// New events, this many on every node; by node.
    pub(crate) async fn events_on_every_node(&self, count: usize) -> Vec<Vec<EventId>> {
        let mut by_node = vec![Vec::new(); self.cluster.nodes().len()];
        for number in 0..=u8::MAX {
            let event = EventId::new(1_900_000_000_000, [number; 16]);
            let node = &mut by_node[self.node_of(&format!("{{{event}}}:taken"))];
            if node.len() < count {
                node.push(event);
                self.apply(event).await;
            }
            if by_node.iter().all(|events| events.len() == count) {
                return by_node;
            }
        }
        panic!("no {count} events on every node")
    }

    async fn apply(&self, event: EventId) {
        let state = EventState {
            event_id: event.as_uuid(),
            version: 1,
            deleted: false,
            details: EventDetails { name: "Concert".to_owned(), ..EventDetails::default() },
            seat_count: CAPACITY,
            sale: None,
        };
        let applied = self.postgres.transaction(async move |connection| {
            apply_event_states(connection, vec![state]).await.map_err(Abort::<()>::Failed)
        });
        applied.await.unwrap();
    }

    pub(crate) fn slot_of(&self, key: &str) -> u16 {
        self.cluster.nodes()[0].command(&["CLUSTER", "KEYSLOT", key]).unwrap().parse().unwrap()
    }

    /// The node whose slots hold the key as long as no slot was moved: each has a third of them.
    pub(crate) fn node_of(&self, key: &str) -> usize {
        usize::from(self.slot_of(key) / (16_384 / 3)).min(2)
    }

    pub(crate) async fn reserve(
        &self,
        user: UserId,
        event: EventId,
        count: i64,
    ) -> Result<Vec<TicketId>, ReserveError> {
        let wanted = SeatsWanted::new(count).unwrap();
        Ok(in_time(reserve_tickets(&self.context, user, event, wanted, None)).await?.what.tickets)
    }

    pub(crate) async fn book(&self, user: UserId, tickets: &[TicketId]) -> Result<(), BookError> {
        in_time(book_tickets(&self.context, user, requested(tickets), None)).await
    }

    pub(crate) async fn cancel(&self, user: UserId, event: EventId, count: i64) -> Result<(), CancelError> {
        let count = TicketsToCancel::new(count).unwrap();
        in_time(cancel_tickets(&self.context, user, event, count, None)).await
    }

    pub(crate) async fn occupied(&self, events: &[EventId]) -> Result<Vec<u32>, Failure> {
        let counts = in_time(count_occupied(&self.context, events)).await?;
        Ok(counts.into_iter().map(|count| count.expect("the event is known")).collect())
    }
}

pub(crate) fn requested(tickets: &[TicketId]) -> Requested {
    Requested { tickets: tickets.iter().copied().collect(), any_unknown: false }
}

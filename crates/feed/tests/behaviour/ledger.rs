//! What ticketing publishes about a sale, and a consumer that counts it.

use std::sync::{
    Arc,
    atomic::{AtomicI32, Ordering},
};

use async_trait::async_trait;
use booked_contract::feed::{CancelledTicket, EventOnSale, TicketsBooked, TicketsCancelled, TicketsCounted};
use booked_feed::{Apply, Consumer, Entry, NewEntry, Position};
use diesel::{
    QueryResult,
    sql_types::{BigInt, Uuid as SqlUuid},
};
use diesel_async::AsyncPgConnection;
use uuid::Uuid;

use crate::world::{Listener, Producer, subject};

const DAY_MS: i64 = 86_400_000;

pub(crate) fn on_sale(event: u128, version: i64) -> NewEntry {
    let state = EventOnSale { event_id: subject(event), version, deleted: false, seat_count: 10 };
    NewEntry::new(EventOnSale::KIND, subject(event), &state).unwrap()
}

pub(crate) fn booked(event: u128, booked_unix_ms: i64, tickets: u32) -> NewEntry {
    let booked = TicketsBooked {
        booking_id: Uuid::nil(),
        event_id: subject(event),
        user_id: Uuid::nil(),
        seats: (1..=tickets).collect(),
        booked_unix_ms,
    };
    NewEntry::new(TicketsBooked::KIND, subject(event), &booked).unwrap()
}

pub(crate) fn cancelled(event: u128, booked_unix_ms: i64, tickets: u32) -> NewEntry {
    let ticket = |seat| CancelledTicket { seat, booking_id: Uuid::nil(), booked_unix_ms };
    let cancelled = TicketsCancelled {
        event_id: subject(event),
        user_id: Uuid::nil(),
        tickets: (1..=tickets).map(ticket).collect(),
        cancelled_unix_ms: booked_unix_ms,
    };
    NewEntry::new(TicketsCancelled::KIND, subject(event), &cancelled).unwrap()
}

/// Writes all this in one transaction.
pub(crate) async fn write(producer: &Producer, entries: impl IntoIterator<Item = NewEntry>) -> Position {
    producer.write_entries(entries.into_iter().collect()).await
}

/// The same, this many months ago.
pub(crate) async fn write_in_month(
    producer: &Producer,
    months_ago: u32,
    entries: impl IntoIterator<Item = NewEntry>,
) {
    let before = producer.execute("SELECT coalesce(max(id), 0) FROM outbox");
    write(producer, entries).await;
    producer.execute(&format!(
        "UPDATE outbox SET written_at = now() - interval '{months_ago} months' WHERE id > {before};
         SELECT outbox_add_partitions(2)"
    ));
}

/// A consumer that counts, and keeps the newest version of each event.
pub(crate) struct Counting {
    listener: Listener,
    counts: Arc<Counts>,
}

#[derive(Default)]
struct Counts {
    restarts: AtomicI32,
}

impl Counting {
    pub(crate) fn new(listener: Listener) -> Self {
        listener.execute(
            "CREATE TABLE versions (event uuid PRIMARY KEY, version bigint NOT NULL);
             CREATE TABLE days (event uuid, day bigint, booked bigint NOT NULL, cancelled bigint NOT NULL,
                 PRIMARY KEY (event, day))",
        );
        Self { listener, counts: Arc::default() }
    }

    pub(crate) fn replica(&self, of: &Producer) -> Consumer {
        self.listener.replica_that(self.counts.clone(), of)
    }

    pub(crate) fn execute(&self, sql: &str) {
        self.listener.execute(sql);
    }

    pub(crate) fn restarts(&self) -> i32 {
        self.counts.restarts.load(Ordering::Relaxed)
    }

    /// Everything that it knows, as text.
    pub(crate) fn known(&self) -> String {
        self.listener.execute(
            "SELECT ltrim(right(event::text, 4), '0') || what FROM (
                 SELECT event, -1 AS day, ' v' || version AS what FROM versions UNION ALL
                 SELECT event, day, format(' day %s: %s booked, %s cancelled', day, booked, cancelled) FROM days
             ) AS known ORDER BY event, day",
        )
    }
}

#[async_trait]
impl Apply for Counts {
    async fn apply(&self, connection: &mut AsyncPgConnection, entries: &[Entry]) -> QueryResult<()> {
        for entry in entries {
            count(connection, entry).await?;
        }
        Ok(())
    }

    async fn restarted(&self, connection: &mut AsyncPgConnection) -> QueryResult<()> {
        use diesel_async::RunQueryDsl as _;
        self.restarts.fetch_add(1, Ordering::Relaxed);
        diesel::sql_query("TRUNCATE versions, days").execute(connection).await.map(drop)
    }
}

async fn count(connection: &mut AsyncPgConnection, entry: &Entry) -> QueryResult<()> {
    use diesel_async::RunQueryDsl as _;
    match entry.kind.as_str() {
        EventOnSale::KIND => {
            let state: EventOnSale = entry.decode()?;
            diesel::sql_query(
                "INSERT INTO versions AS known VALUES ($1, $2) ON CONFLICT (event) \
                 DO UPDATE SET version = greatest(known.version, excluded.version)",
            )
            .bind::<SqlUuid, _>(state.event_id)
            .bind::<BigInt, _>(state.version)
            .execute(connection)
            .await?;
        }
        TicketsBooked::KIND => {
            let booked: TicketsBooked = entry.decode()?;
            let tickets = i64::try_from(booked.seats.len()).unwrap();
            add(connection, booked.event_id, booked.booked_unix_ms, tickets, 0).await?;
        }
        TicketsCancelled::KIND => {
            let cancelled: TicketsCancelled = entry.decode()?;
            for ticket in cancelled.tickets {
                add(connection, cancelled.event_id, ticket.booked_unix_ms, 0, 1).await?;
            }
        }
        TicketsCounted::KIND => {
            let counted: TicketsCounted = entry.decode()?;
            for day in counted.days {
                let (booked, cancelled) = (day.booked.into(), day.cancelled.into());
                add(connection, counted.event_id, day.day_unix_ms, booked, cancelled).await?;
            }
        }
        _ => {}
    }
    Ok(())
}

async fn add(
    connection: &mut AsyncPgConnection,
    event: Uuid,
    unix_ms: i64,
    booked: i64,
    cancelled: i64,
) -> QueryResult<()> {
    use diesel_async::RunQueryDsl as _;
    diesel::sql_query(
        "INSERT INTO days AS known VALUES ($1, $2, $3, $4) ON CONFLICT (event, day) DO UPDATE \
         SET booked = known.booked + excluded.booked, cancelled = known.cancelled + excluded.cancelled",
    )
    .bind::<SqlUuid, _>(event)
    .bind::<BigInt, _>(unix_ms / DAY_MS)
    .bind::<BigInt, _>(booked)
    .bind::<BigInt, _>(cancelled)
    .execute(connection)
    .await
    .map(drop)
}

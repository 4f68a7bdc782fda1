//! The port [`Bookings`] on Postgres.

use std::{collections::HashMap, convert::Infallible};

use async_trait::async_trait;
use booked_failure::Failure;
use booked_feed::FeedSignal;
use booked_idempotency::{RequestKey, keep_done};
use booked_ids::{EventId, SeatNumber, TicketId, UserId};
use booked_postgres::{Abort, Database, TransactionError};
use booked_server::whoever_waits;
use booked_telemetry::count;
use diesel::{
    ExpressionMethods as _, QueryDsl as _, QueryableByName,
    sql_types::{Array, BigInt, Bool, Uuid as SqlUuid},
};
use diesel_async::RunQueryDsl as _;
use opentelemetry::metrics::Counter;
use uuid::Uuid;

use super::{
    book::{Booking, Verdict},
    booking_queue::BookingQueue,
    cancel,
    schema::tickets,
};
use crate::{
    domain::{booking::Tickets, seat::AttemptId},
    outbound::as_run,
    ports::{AttemptOutcome, Booked, Bookings, Cancelled, Latest, Selection},
};

/// Tickets and bookings, in Postgres.
#[derive(Clone, Debug)]
pub struct PostgresBookings {
    database: Database,
    /// For what strangers ask: bookings find a connection all the same.
    reads: Database,
    queue: BookingQueue,
    signal: FeedSignal,
    seats_cancelled: Counter<u64>,
}

impl PostgresBookings {
    /// The store in this database. It signals when it has written something that the feed tells.
    #[must_use]
    pub fn new(database: Database, queue: BookingQueue, signal: FeedSignal) -> Self {
        let seats_cancelled = opentelemetry::global::meter("booked-ticketing")
            .u64_counter("booked_seats_cancelled")
            .with_description("Seats whose cancelling this process committed")
            .build();
        seats_cancelled.add(0, &[]);
        Self { reads: database.half(), database, queue, signal, seats_cancelled }
    }
}

#[async_trait]
impl Bookings for PostgresBookings {
    async fn owners(&self, asked: &[TicketId]) -> Result<HashMap<TicketId, UserId>, Failure> {
        let ids: Vec<Uuid> = asked.iter().map(|ticket| ticket.as_uuid()).collect();
        let rows: Vec<(Uuid, Uuid)> = self
            .database
            .read(async move |connection| {
                tickets::table
                    .filter(tickets::id.eq_any(ids))
                    .select((tickets::id, tickets::user_id))
                    .load(connection)
                    .await
            })
            .await?;
        let owners = rows.into_iter().filter_map(|(id, user)| Some((TicketId::from_uuid(id).ok()?, user)));
        Ok(owners.map(|(ticket, user)| (ticket, UserId::from_uuid(user))).collect())
    }

    async fn book(
        &self,
        attempt: AttemptId,
        user: UserId,
        wanted: &Tickets,
        key: Option<RequestKey>,
    ) -> Result<Booked, Failure> {
        let wanted: Vec<TicketId> = wanted.iter().collect();
        let booking = Booking { attempt, user, tickets: wanted.clone(), key };
        match self.queue.book(booking).await? {
            Verdict::Booked => {
                self.signal.notify();
                Ok(Booked::Done)
            }
            Verdict::Sold => Ok(Booked::Sold(self.owners(&wanted).await?)),
            Verdict::NotForSale => Ok(Booked::NotForSale),
            Verdict::EventCancelled => Ok(Booked::EventCancelled),
            Verdict::OverLimit => Ok(Booked::OverLimit),
            Verdict::Contended => Ok(Booked::Contended),
            Verdict::Void => Ok(Booked::Void),
            Verdict::Repeated => Err(Failure::repeated("the books", "a booking with the key came first")),
        }
    }

    async fn confirm(
        &self,
        user: UserId,
        asked: &[TicketId],
        key: Option<RequestKey>,
    ) -> Result<bool, Failure> {
        let ids: Vec<Uuid> = asked.iter().map(|ticket| ticket.as_uuid()).collect();
        let count = i64::try_from(ids.len()).unwrap_or(i64::MAX);
        // The notification is nobody's to read: with it the transaction has something to write, and only then does its commit
        // wait for the standbys, which have by then all that was committed before.
        let confirmed = self
            .database
            .transaction(async move |connection| {
                let confirmed: Confirmed = diesel::sql_query(
                    "SELECT count(*) AS tickets, pg_logical_emit_message(true, 'booked.confirm', '') \
                     FROM tickets WHERE id = ANY($1) AND user_id = $2",
                )
                .bind::<Array<SqlUuid>, _>(ids)
                .bind::<SqlUuid, _>(user.as_uuid())
                .get_result(connection)
                .await?;
                if confirmed.tickets == count {
                    keep_done(connection, key, &()).await?;
                }
                Ok::<_, Abort<Failure>>(confirmed.tickets == count)
            })
            .await;
        confirmed.map_err(TransactionError::flatten)
    }

    async fn void_unless_booked(&self, attempt: AttemptId) -> Result<AttemptOutcome, Failure> {
        // If the row is there already, it is written again unchanged: then the answer, too, waits for the standbys that
        // a booking waits for.
        let void = self.database.transaction(async move |connection| {
            diesel::sql_query(as_run(
                "INSERT INTO bookings (id, booked) VALUES ($1, false) \
                     ON CONFLICT (id) DO UPDATE SET settled_at = bookings.settled_at RETURNING booked",
            ))
            .bind::<SqlUuid, _>(attempt.0)
            .get_result(connection)
            .await
            .map_err(Abort::<Infallible>::from)
        });
        // Seats hang on it, whether the buyer still waits or not.
        let booked: Settled = whoever_waits(void).await?;
        Ok(if booked.booked { AttemptOutcome::Booked } else { AttemptOutcome::Void })
    }

    async fn latest(&self, user: UserId, event: EventId, count: u32) -> Result<Latest, Failure> {
        let seats = self
            .reads
            .read(async move |connection| cancel::latest(connection, user, event, count).await)
            .await?;
        Ok(Latest { any: !seats.is_empty(), seats })
    }

    async fn has_all(&self, user: UserId, tickets: &Tickets) -> Result<bool, Failure> {
        let asked = tickets.clone();
        let owned = self
            .database
            .read(async move |connection| cancel::count_owned(connection, user, &asked).await)
            .await?;
        Ok(owned == tickets.len())
    }

    async fn cancel(
        &self,
        user: UserId,
        tickets: &Tickets,
        selection: Selection,
        key: Option<RequestKey>,
    ) -> Result<Cancelled, Failure> {
        let wanted = tickets.clone();
        let cancelled = self.database.transaction(async move |connection| {
            cancel::cancel(connection, user, &wanted, selection, key).await
        });
        let cancelled = cancelled.await.map_err(TransactionError::flatten)?;
        if matches!(cancelled, Cancelled::Done) {
            self.seats_cancelled.add(count(tickets.len()), &[]);
        }
        self.signal.notify();
        Ok(cancelled)
    }

    async fn sold_among(&self, event: EventId, seats: &[SeatNumber]) -> Result<Vec<SeatNumber>, Failure> {
        let asked: Vec<TicketId> = seats.iter().map(|seat| event.ticket(*seat)).collect();
        Ok(self.owners(&asked).await?.into_keys().map(TicketId::seat).collect())
    }

    async fn sold(&self, event: EventId, first: SeatNumber, count: u32) -> Result<Vec<SeatNumber>, Failure> {
        let last = SeatNumber::new(first.get().saturating_add(count - 1)).unwrap_or(first);
        let (first, last) = (event.ticket(first).as_uuid(), event.ticket(last).as_uuid());
        let sold: SoldIds = self
            .database
            .read(async move |connection| {
                diesel::sql_query("SELECT ARRAY(SELECT id FROM tickets WHERE id BETWEEN $1 AND $2) AS ids")
                    .bind::<SqlUuid, _>(first)
                    .bind::<SqlUuid, _>(last)
                    .get_result(connection)
                    .await
            })
            .await?;
        Ok(sold.seats())
    }

    async fn sold_counts(&self, asked: &[EventId]) -> Result<Vec<Option<u32>>, Failure> {
        let ids: Vec<Uuid> = asked.iter().map(|event| event.as_uuid()).collect();
        let rows: Vec<SoldCount> = self
            .reads
            .read(async move |connection| {
                diesel::sql_query(
                    "SELECT events.id, (SELECT coalesce(sum(sold_counts.sold), 0) FROM sold_counts \
                         WHERE sold_counts.event_id = events.id) AS sold \
                     FROM events WHERE events.id = ANY($1) AND NOT events.deleted",
                )
                .bind::<Array<SqlUuid>, _>(ids)
                .load(connection)
                .await
            })
            .await?;
        let counts: HashMap<Uuid, i64> = rows.into_iter().map(|row| (row.id, row.sold)).collect();
        let count = |event: &EventId| {
            counts.get(&event.as_uuid()).map(|sold| u32::try_from(*sold).unwrap_or(u32::MAX))
        };
        Ok(asked.iter().map(count).collect())
    }
}

#[derive(QueryableByName)]
struct Confirmed {
    #[diesel(sql_type = BigInt)]
    tickets: i64,
}

#[derive(QueryableByName)]
struct Settled {
    #[diesel(sql_type = Bool)]
    booked: bool,
}

#[derive(QueryableByName)]
struct SoldCount {
    #[diesel(sql_type = SqlUuid)]
    id: Uuid,
    #[diesel(sql_type = BigInt)]
    sold: i64,
}

#[derive(QueryableByName)]
struct SoldIds {
    #[diesel(sql_type = Array<SqlUuid>)]
    ids: Vec<Uuid>,
}

impl SoldIds {
    fn seats(self) -> Vec<SeatNumber> {
        self.ids.into_iter().filter_map(|id| TicketId::from_uuid(id).ok()).map(TicketId::seat).collect()
    }
}

//! The port [`LedgerAudit`] on Postgres. Every read is one statement, and so at one moment; how far the ledger was certain by
//! then is asked before it.

use std::{convert::Infallible, time::Duration};

use async_trait::async_trait;
use booked_contract::feed::{TicketsBooked, TicketsCancelled};
use booked_failure::Failure;
use booked_feed::outbox;
use booked_ids::{EventId, TicketId};
use booked_postgres::{Abort, Database};
use diesel::{
    QueryableByName,
    sql_types::{Array, BigInt, Bool, Integer, Nullable, Text, Uuid as SqlUuid},
};
use diesel_async::RunQueryDsl as _;
use uuid::Uuid;

use super::leases::{give_lease, take_lease};
use crate::{
    domain::invariant::{AuditedEvent, AuditedTicket, TicketsBetween, TicketsCounted},
    ports::{LedgerAudit, TicketCounts},
};

/// The name of the lease.
const JOB: &str = "audit_sales";

/// The books, to be looked at.
#[derive(Clone, Debug)]
pub struct PostgresLedgerAudit(Database);

impl PostgresLedgerAudit {
    /// The books in this database.
    #[must_use]
    pub fn new(database: Database) -> Self {
        Self(database)
    }
}

#[async_trait]
impl LedgerAudit for PostgresLedgerAudit {
    async fn take_lease(&self, holder: Uuid, lease: Duration) -> Result<bool, Failure> {
        let taking = self.0.transaction(async move |connection| {
            take_lease(connection, JOB, holder, lease).await.map_err(Abort::<Infallible>::from)
        });
        Ok(taking.await?)
    }

    async fn give_lease(&self, holder: Uuid) -> Result<(), Failure> {
        let giving = self.0.transaction(async move |connection| {
            give_lease(connection, JOB, holder).await.map_err(Abort::<Infallible>::from)
        });
        Ok(giving.await?)
    }

    async fn tickets(&self, after: Option<TicketId>, limit: u32) -> Result<Vec<AuditedTicket>, Failure> {
        let after = after.map_or(Uuid::nil(), TicketId::as_uuid);
        let rows: Vec<TicketRow> = self
            .0
            .read(async move |connection| {
                diesel::sql_query(
                    "SELECT page.id, bookings.id IS NOT NULL AS is_booked, events.seat_count, events.purged \
                     FROM (SELECT id, event_id, booking_id FROM tickets WHERE id > $1 ORDER BY id LIMIT $2) AS page \
                     LEFT JOIN bookings ON bookings.id = page.booking_id AND bookings.booked \
                     LEFT JOIN events ON events.id = page.event_id ORDER BY page.id",
                )
                .bind::<SqlUuid, _>(after)
                .bind::<BigInt, _>(i64::from(limit))
                .load(connection)
                .await
            })
            .await?;
        Ok(rows.into_iter().filter_map(TicketRow::audited).collect())
    }

    async fn watch(
        &self,
        after: Option<EventId>,
        events_max: u32,
        seats_max: u32,
    ) -> Result<TicketCounts, Failure> {
        let after = after.map_or(Uuid::nil(), EventId::as_uuid);
        let (ledger_until, rows): (i64, Vec<WatchedRow>) = self
            .0
            .read(async move |connection| {
                let certain = outbox::certain_until(connection).await?;
                let rows = diesel::sql_query(
                    "SELECT id, pg_current_snapshot()::text AS moment, \
                         left(pg_walfile_name(pg_current_wal_lsn()), 8) AS timeline, (SELECT count(*) FROM tickets \
                             WHERE tickets.id > page.id AND tickets.id <= last_ticket_id(page.id)) AS tickets, \
                         (SELECT coalesce(sum(sold), 0) FROM sold_counts WHERE event_id = page.id) AS counted, \
                         highest_limit, CASE WHEN highest_limit IS NOT NULL THEN ( \
                             SELECT coalesce(max(has), 0) FROM (SELECT count(*) AS has FROM tickets \
                                 WHERE tickets.id > page.id AND tickets.id <= last_ticket_id(page.id) \
                                 GROUP BY tickets.user_id) AS by_user) END AS most \
                     FROM (SELECT id, seat_count, highest_limit, \
                               sum(seat_count) OVER (ORDER BY id) - seat_count AS seats_before \
                           FROM (SELECT id, seat_count, highest_limit FROM events WHERE id > $1 AND NOT deleted \
                                 ORDER BY id LIMIT $2) AS next) AS page \
                     WHERE seats_before < $3 ORDER BY id",
                )
                .bind::<SqlUuid, _>(after)
                .bind::<BigInt, _>(i64::from(events_max))
                .bind::<BigInt, _>(i64::from(seats_max))
                .load(connection)
                .await?;
                Ok((certain.row_id(), rows))
            })
            .await?;
        let first = rows.as_slice().first();
        let moment = first.map(|row| row.moment.clone()).unwrap_or_default();
        let timeline = first.map(|row| row.timeline.clone()).unwrap_or_default();
        let counted = rows.iter().filter_map(WatchedRow::counted).collect();
        let events = rows.into_iter().filter_map(WatchedRow::watched).collect();
        Ok(TicketCounts { moment, ledger_until, timeline, events, counted })
    }

    async fn compare(&self, watched: &TicketCounts) -> Result<Vec<TicketsBetween>, Failure> {
        let (ids, before): (Vec<Uuid>, Vec<i64>) =
            watched.events.iter().map(|(event, tickets)| (event.as_uuid(), *tickets)).unzip();
        let (moment, timeline) = (watched.moment.clone(), watched.timeline.clone());
        let ledger_until = watched.ledger_until;
        let rows: Vec<BetweenRow> = self
            .0
            .read(async move |connection| {
                diesel::sql_query(
                    "WITH ledger AS MATERIALIZED ( \
                         SELECT subject, sum(CASE WHEN kind = $5 THEN json_array_length(data->'seats') \
                             ELSE -json_array_length(data->'tickets') END) AS change \
                         FROM outbox WHERE id > $7 \
                             AND NOT pg_visible_in_snapshot(transaction_id, $3::pg_snapshot) \
                             AND kind IN ($5, $6) AND subject = ANY($1) GROUP BY subject) \
                     SELECT events.id, before.tickets AS before, coalesce(ledger.change, 0)::bigint AS change, \
                         (SELECT count(*) FROM tickets \
                          WHERE tickets.id > events.id AND tickets.id <= last_ticket_id(events.id)) AS now \
                     FROM unnest($1, $2) AS before (id, tickets) \
                     JOIN events ON events.id = before.id AND NOT events.deleted \
                     LEFT JOIN ledger ON ledger.subject = before.id \
                     WHERE left(pg_walfile_name(pg_current_wal_lsn()), 8) = $4",
                )
                .bind::<Array<SqlUuid>, _>(ids)
                .bind::<Array<BigInt>, _>(before)
                .bind::<Text, _>(moment)
                .bind::<Text, _>(timeline)
                .bind::<Text, _>(TicketsBooked::KIND)
                .bind::<Text, _>(TicketsCancelled::KIND)
                .bind::<BigInt, _>(ledger_until)
                .load(connection)
                .await
            })
            .await?;
        Ok(rows.into_iter().filter_map(BetweenRow::between).collect())
    }
}

#[derive(QueryableByName)]
struct TicketRow {
    #[diesel(sql_type = SqlUuid)]
    id: Uuid,
    #[diesel(sql_type = Bool)]
    is_booked: bool,
    #[diesel(sql_type = Nullable<Integer>)]
    seat_count: Option<i32>,
    #[diesel(sql_type = Nullable<Bool>)]
    purged: Option<bool>,
}

impl TicketRow {
    fn audited(self) -> Option<AuditedTicket> {
        let event = self.seat_count.zip(self.purged).map(|(seat_count, is_purged)| AuditedEvent {
            capacity: u32::try_from(seat_count).unwrap_or_default(),
            is_purged,
        });
        Some(AuditedTicket { ticket: TicketId::from_uuid(self.id).ok()?, is_booked: self.is_booked, event })
    }
}

#[derive(QueryableByName)]
struct WatchedRow {
    #[diesel(sql_type = SqlUuid)]
    id: Uuid,
    #[diesel(sql_type = Text)]
    moment: String,
    #[diesel(sql_type = Text)]
    timeline: String,
    #[diesel(sql_type = BigInt)]
    tickets: i64,
    #[diesel(sql_type = BigInt)]
    counted: i64,
    #[diesel(sql_type = Nullable<Integer>)]
    highest_limit: Option<i32>,
    #[diesel(sql_type = Nullable<BigInt>)]
    most: Option<i64>,
}

impl WatchedRow {
    fn counted(&self) -> Option<TicketsCounted> {
        let Self { id, tickets, counted, most, highest_limit, .. } = *self;
        let most_and_limit = most.zip(highest_limit.map(i64::from));
        Some(TicketsCounted { event: EventId::from_uuid(id).ok()?, tickets, counted, most_and_limit })
    }

    fn watched(self) -> Option<(EventId, i64)> {
        Some((EventId::from_uuid(self.id).ok()?, self.tickets))
    }
}

#[derive(QueryableByName)]
struct BetweenRow {
    #[diesel(sql_type = SqlUuid)]
    id: Uuid,
    #[diesel(sql_type = BigInt)]
    before: i64,
    #[diesel(sql_type = BigInt)]
    change: i64,
    #[diesel(sql_type = BigInt)]
    now: i64,
}

impl BetweenRow {
    fn between(self) -> Option<TicketsBetween> {
        let Self { id, before, change, now } = self;
        Some(TicketsBetween { event: EventId::from_uuid(id).ok()?, before, now, change })
    }
}

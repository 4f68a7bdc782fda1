//! The port [`CancelledEvents`] on Postgres.

use std::{collections::BTreeSet, convert::Infallible, time::Duration};

use async_trait::async_trait;
use booked_failure::Failure;
use booked_ids::{EventId, UserId};
use booked_postgres::{Abort, Database};
use diesel::{
    OptionalExtension as _, QueryResult, QueryableByName,
    sql_types::{Array, BigInt, Nullable, Text, Uuid as SqlUuid},
};
use diesel_async::{AsyncPgConnection, RunQueryDsl as _};
use uuid::Uuid;

use crate::ports::{CancelledEvents, Owners};

/// Cancelled events of which not everybody was told, in Postgres. None of its transactions locks what a sale needs: they lock
/// a row of `cancelled_events`, unless another one has it, and write what nobody else writes of a cancelled event.
#[derive(Clone, Debug)]
pub struct PostgresCancelledEvents(Database);

impl PostgresCancelledEvents {
    /// The cancelled events of this database.
    #[must_use]
    pub fn new(database: Database) -> Self {
        Self(database)
    }

    async fn events(&self, query: &'static str, limit: u32) -> Result<Vec<EventId>, Failure> {
        let rows: Vec<Id> = self
            .0
            .read(async move |connection| {
                diesel::sql_query(query).bind::<BigInt, _>(i64::from(limit)).load(connection).await
            })
            .await?;
        Ok(rows.into_iter().filter_map(|row| EventId::from_uuid(row.id).ok()).collect())
    }
}

#[async_trait]
impl CancelledEvents for PostgresCancelledEvents {
    async fn awaited(&self, limit: u32) -> Result<Vec<EventId>, Failure> {
        const AWAITED: &str = "SELECT event_id AS id FROM cancelled_events AS cancelled \
             JOIN events ON events.id = event_id AND NOT deleted WHERE EXISTS \
                 (SELECT FROM waitlist_entries WHERE waitlist_entries.event_id = cancelled.event_id) \
             ORDER BY since, event_id LIMIT $1";
        self.events(AWAITED, limit).await
    }

    async fn owned(&self, limit: u32) -> Result<Vec<EventId>, Failure> {
        const OWNED: &str = "SELECT event_id AS id FROM cancelled_events \
             JOIN events ON events.id = event_id AND NOT deleted ORDER BY since, event_id LIMIT $1";
        self.events(OWNED, limit).await
    }

    async fn notify_waiting(&self, event: EventId, limit: u32) -> Result<u32, Failure> {
        let told = self
            .0
            .transaction(async move |connection| {
                let told = notify_waiting(connection, event, limit).await;
                told.map_err(Abort::<Infallible>::from)
            })
            .await?;
        Ok(told)
    }

    async fn next_owners(&self, event: EventId, tickets: u32) -> Result<Option<Owners>, Failure> {
        let next = self.0.read(async move |connection| next_owners(connection, event, tickets).await);
        Ok(next.await?)
    }

    async fn notify_owners(
        &self,
        owners: &Owners,
        addresses: Vec<(UserId, String)>,
    ) -> Result<bool, Failure> {
        let owners = owners.clone();
        let goes_on = self
            .0
            .transaction(async move |connection| {
                notify_owners(connection, owners, addresses).await.map_err(Abort::<Infallible>::from)
            })
            .await?;
        Ok(goes_on)
    }

    async fn oldest(&self) -> Result<Duration, Failure> {
        let oldest: Number = self
            .0
            .read(async move |connection| {
                diesel::sql_query(
                    "SELECT greatest(coalesce(extract(epoch FROM now() - min(since))::bigint, 0), 0) AS number \
                     FROM cancelled_events",
                )
                .get_result(connection)
                .await
            })
            .await?;
        Ok(Duration::from_secs(u64::try_from(oldest.number).unwrap_or_default()))
    }
}

#[derive(QueryableByName)]
struct Id {
    #[diesel(sql_type = SqlUuid)]
    id: Uuid,
}

#[derive(QueryableByName)]
struct Number {
    #[diesel(sql_type = BigInt)]
    number: i64,
}

#[derive(QueryableByName)]
struct Ticket {
    #[diesel(sql_type = SqlUuid)]
    id: Uuid,
    #[diesel(sql_type = SqlUuid)]
    user_id: Uuid,
}

/// Locks the event's row, if nobody has been further than this ticket, and nobody else has the row now. Not of a deleted event,
/// whose rows are being purged.
async fn lock(connection: &mut AsyncPgConnection, event: EventId, after: Option<Uuid>) -> QueryResult<bool> {
    let locked: Option<Id> = diesel::sql_query(
        "SELECT event_id AS id FROM cancelled_events AS cancelled \
         JOIN events ON events.id = event_id AND NOT deleted \
         WHERE event_id = $1 AND after = coalesce($2, after) FOR UPDATE OF cancelled SKIP LOCKED",
    )
    .bind::<SqlUuid, _>(event.as_uuid())
    .bind::<Nullable<SqlUuid>, _>(after)
    .get_result(connection)
    .await
    .optional()?;
    Ok(locked.is_some())
}

/// Who has tickets as well hears that they may cancel them, as if they did not wait.
async fn notify_waiting(connection: &mut AsyncPgConnection, event: EventId, limit: u32) -> QueryResult<u32> {
    if !lock(connection, event, None).await? {
        return Ok(0);
    }
    let ended: Number = diesel::sql_query(
        "WITH first AS (SELECT user_id FROM waitlist_entries WHERE event_id = $1 ORDER BY number LIMIT $2), \
         ended AS (DELETE FROM waitlist_entries AS entry USING first \
             WHERE entry.event_id = $1 AND entry.user_id = first.user_id \
             RETURNING entry.user_id, entry.email, entry.number), \
         told AS (INSERT INTO cancelled_notifications (event_id, event_name, user_id, email, has_tickets) \
             SELECT $1, events.details->>'name', ended.user_id, ended.email, EXISTS \
                 (SELECT FROM tickets WHERE tickets.user_id = ended.user_id AND tickets.event_id = $1) \
             FROM ended JOIN events ON events.id = $1 ORDER BY ended.number \
             ON CONFLICT (event_id, user_id) DO NOTHING) \
         SELECT count(*) AS number FROM ended",
    )
    .bind::<SqlUuid, _>(event.as_uuid())
    .bind::<BigInt, _>(i64::from(limit))
    .get_result(connection)
    .await?;
    Ok(u32::try_from(ended.number).unwrap_or_default())
}

async fn next_owners(
    connection: &mut AsyncPgConnection,
    event: EventId,
    limit: u32,
) -> QueryResult<Option<Owners>> {
    let after: Option<Id> = diesel::sql_query("SELECT after AS id FROM cancelled_events WHERE event_id = $1")
        .bind::<SqlUuid, _>(event.as_uuid())
        .get_result(connection)
        .await
        .optional()?;
    let Some(Id { id: after }) = after else { return Ok(None) };
    let tickets: Vec<Ticket> = diesel::sql_query(
        "SELECT id, user_id FROM tickets WHERE id > $1 AND id <= last_ticket_id($2) ORDER BY id LIMIT $3",
    )
    .bind::<SqlUuid, _>(after)
    .bind::<SqlUuid, _>(event.as_uuid())
    .bind::<BigInt, _>(i64::from(limit))
    .load(connection)
    .await?;
    let is_full = u32::try_from(tickets.len()).is_ok_and(|count| count >= limit);
    let through = tickets.last().filter(|_| is_full).map(|ticket| ticket.id);
    let users: BTreeSet<Uuid> = tickets.iter().map(|ticket| ticket.user_id).collect();
    Ok(Some(Owners { event, after, through, users: users.into_iter().map(UserId::from_uuid).collect() }))
}

/// Who has cancelled their tickets meanwhile is not told.
async fn notify_owners(
    connection: &mut AsyncPgConnection,
    Owners { event, after, through, .. }: Owners,
    addresses: Vec<(UserId, String)>,
) -> QueryResult<bool> {
    if !lock(connection, event, Some(after)).await? {
        return Ok(false);
    }
    let (users, emails): (Vec<Uuid>, Vec<String>) =
        addresses.into_iter().map(|(user, email)| (user.as_uuid(), email)).unzip();
    diesel::sql_query(
        "INSERT INTO cancelled_notifications (event_id, event_name, user_id, email, has_tickets) \
         SELECT $1, events.details->>'name', owner.user_id, owner.email, true \
         FROM unnest($2, $3) AS owner (user_id, email) JOIN events ON events.id = $1 \
         WHERE EXISTS (SELECT FROM tickets WHERE tickets.user_id = owner.user_id AND tickets.event_id = $1) \
         ON CONFLICT (event_id, user_id) DO NOTHING",
    )
    .bind::<SqlUuid, _>(event.as_uuid())
    .bind::<Array<SqlUuid>, _>(users)
    .bind::<Array<Text>, _>(emails)
    .execute(connection)
    .await?;
    let moved = match through {
        Some(_) => "UPDATE cancelled_events SET after = $2 WHERE event_id = $1",
        None => {
            "DELETE FROM cancelled_events WHERE event_id = $1 AND after = coalesce($2, after) \
             AND NOT EXISTS (SELECT FROM waitlist_entries WHERE event_id = $1)"
        }
    };
    diesel::sql_query(moved)
        .bind::<SqlUuid, _>(event.as_uuid())
        .bind::<Nullable<SqlUuid>, _>(through)
        .execute(connection)
        .await?;
    Ok(through.is_some())
}

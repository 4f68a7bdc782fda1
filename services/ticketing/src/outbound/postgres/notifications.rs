//! The notifications that are to be delivered.

use std::{convert::Infallible, time::Duration};

use booked_failure::Failure;
use booked_ids::EventId;
use booked_postgres::{Abort, Database};
use diesel::{
    QueryResult, QueryableByName,
    sql_types::{BigInt, Bool, Integer, Nullable, Text, Uuid as SqlUuid},
};
use diesel_async::{AsyncPgConnection, RunQueryDsl as _};
use uuid::Uuid;

use super::leases::{give_lease, take_lease};
use crate::ports::{DueNotification, News, Notification};

/// The name of the lease.
const DELIVERY: &str = "deliver_notifications";
/// How long the replica that delivers may go on without asking again: longer than the mails that it takes at once.
const DELIVERY_LEASE: Duration = Duration::from_secs(150);

/// Where notifications are; an id is in one of them.
const TABLES: [&str; 2] = ["notifications", "cancelled_notifications"];

pub(super) async fn take(
    database: &Database,
    holder: Uuid,
    limit: u32,
) -> Result<Vec<DueNotification>, Failure> {
    // Mostly nothing is due, and then nothing is written.
    if !database.read(async |connection| is_any_due(connection).await).await? {
        return Ok(Vec::new());
    }
    let rows: Vec<Row> = database
        .transaction(async move |connection| {
            if !take_lease(connection, DELIVERY, holder, DELIVERY_LEASE).await? {
                return Ok::<_, Abort<Infallible>>(Vec::new());
            }
            Ok(due(connection, limit).await?)
        })
        .await?;
    Ok(rows.into_iter().filter_map(Row::known).collect())
}

pub(super) async fn leave(database: &Database, holder: Uuid) -> Result<(), Failure> {
    let giving = database.transaction(async move |connection| {
        give_lease(connection, DELIVERY, holder).await.map_err(Abort::<Infallible>::from)
    });
    Ok(giving.await?)
}

pub(super) async fn done(database: &Database, message: Uuid, sent: bool) -> Result<(), Failure> {
    let noting = database.transaction(async move |connection| {
        for table in TABLES {
            diesel::sql_query(format!(
                "UPDATE {table} SET done_at = now(), sent = $2 WHERE id = $1 AND done_at IS NULL"
            ))
            .bind::<SqlUuid, _>(message)
            .bind::<Bool, _>(sent)
            .execute(connection)
            .await?;
        }
        Ok::<_, Abort<Infallible>>(())
    });
    Ok(noting.await?)
}

pub(super) async fn waits(database: &Database, message: Uuid, pause: Duration) -> Result<(), Failure> {
    let noting = database.transaction(async move |connection| {
        for table in TABLES {
            diesel::sql_query(format!(
                "UPDATE {table} SET tries = tries + 1, next_try_at = now() + $2 * interval '1 millisecond' \
                 WHERE id = $1 AND done_at IS NULL"
            ))
            .bind::<SqlUuid, _>(message)
            .bind::<BigInt, _>(i64::try_from(pause.as_millis()).unwrap_or(i64::MAX))
            .execute(connection)
            .await?;
        }
        Ok::<_, Abort<Infallible>>(())
    });
    Ok(noting.await?)
}

#[derive(QueryableByName)]
struct AnyDue {
    #[diesel(sql_type = Bool)]
    is_any_due: bool,
}

async fn is_any_due(connection: &mut AsyncPgConnection) -> QueryResult<bool> {
    let due: AnyDue = diesel::sql_query(
        "SELECT EXISTS (SELECT FROM notifications WHERE done_at IS NULL AND next_try_at <= now()) \
         OR EXISTS (SELECT FROM cancelled_notifications WHERE done_at IS NULL AND next_try_at <= now()) \
         AS is_any_due",
    )
    .get_result(connection)
    .await?;
    Ok(due.is_any_due)
}

#[derive(QueryableByName)]
struct Row {
    #[diesel(sql_type = SqlUuid)]
    id: Uuid,
    #[diesel(sql_type = Text)]
    email: String,
    #[diesel(sql_type = SqlUuid)]
    event_id: Uuid,
    #[diesel(sql_type = Text)]
    event_name: String,
    /// Of a waitlist's notification alone.
    #[diesel(sql_type = Nullable<Integer>)]
    seats: Option<i32>,
    #[diesel(sql_type = Bool)]
    has_tickets: bool,
    #[diesel(sql_type = Nullable<Text>)]
    reason: Option<String>,
    #[diesel(sql_type = Integer)]
    tries: i32,
    #[diesel(sql_type = BigInt)]
    age_s: i64,
}

/// Seats that came free first: those who hear of them too late do not get any, and a cancelled event may have many thousand
/// notifications.
async fn due(connection: &mut AsyncPgConnection, limit: u32) -> QueryResult<Vec<Row>> {
    diesel::sql_query(
        "(SELECT 1 AS turn, number, next_try_at, id, email, event_id, event_name, seats, false AS has_tickets, \
             NULL AS reason, tries, extract(epoch FROM now() - created_at)::bigint AS age_s \
         FROM notifications WHERE done_at IS NULL AND next_try_at <= now() ORDER BY next_try_at, number LIMIT $1) \
         UNION ALL \
         (SELECT 2, number, next_try_at, id, email, event_id, event_name, NULL, has_tickets, \
             (SELECT sale->>'cancel_reason' FROM events WHERE events.id = event_id), tries, \
             extract(epoch FROM now() - created_at)::bigint \
         FROM cancelled_notifications WHERE done_at IS NULL AND next_try_at <= now() \
         ORDER BY next_try_at, number LIMIT $1) \
         ORDER BY turn, next_try_at, number LIMIT $1",
    )
    .bind::<BigInt, _>(i64::from(limit))
    .load(connection)
    .await
}

impl Row {
    fn known(self) -> Option<DueNotification> {
        let Self { id, email, event_id, event_name, seats, has_tickets, reason, tries, age_s } = self;
        let event_id = EventId::from_uuid(event_id).ok()?;
        let news = match seats {
            Some(seats) => News::SeatsFree { seats: u32::try_from(seats).ok()? },
            None => News::EventCancelled { reason, has_tickets },
        };
        let message = Notification { id, email, event_id, event_name, news };
        let age = Duration::from_secs(u64::try_from(age_s).unwrap_or_default());
        Some(DueNotification { message, tries: u32::try_from(tries).unwrap_or_default(), age })
    }
}

//! The notifications that are to be delivered.

use std::{convert::Infallible, time::Duration};

use booked_failure::Failure;
use booked_ids::EventId;
use booked_postgres::{Abort, Database};
use diesel::{
    BoolExpressionMethods as _, ExpressionMethods as _, QueryDsl as _, QueryResult, QueryableByName,
    dsl::{exists, now},
    sql_types::{BigInt, Integer, Text, Uuid as SqlUuid},
};
use diesel_async::{AsyncPgConnection, RunQueryDsl as _};
use uuid::Uuid;

use super::{
    leases::{give_lease, take_lease},
    schema::notifications,
};
use crate::ports::{DueNotification, Notification};

/// The name of the lease.
const DELIVERY: &str = "deliver_notifications";
/// How long the replica that delivers may go on without asking again: longer than the mails that it takes at once.
const DELIVERY_LEASE: Duration = Duration::from_secs(150);

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
        diesel::update(notifications::table)
            .filter(notifications::id.eq(message).and(notifications::done_at.is_null()))
            .set((notifications::done_at.eq(now), notifications::sent.eq(sent)))
            .execute(connection)
            .await
            .map_err(Abort::<Infallible>::from)
    });
    noting.await?;
    Ok(())
}

pub(super) async fn waits(database: &Database, message: Uuid, pause: Duration) -> Result<(), Failure> {
    let noting = database.transaction(async move |connection| {
        diesel::sql_query(
            "UPDATE notifications SET tries = tries + 1, next_try_at = now() + $2 * interval '1 millisecond' \
             WHERE id = $1 AND done_at IS NULL",
        )
        .bind::<SqlUuid, _>(message)
        .bind::<BigInt, _>(i64::try_from(pause.as_millis()).unwrap_or(i64::MAX))
        .execute(connection)
        .await
        .map_err(Abort::<Infallible>::from)
    });
    noting.await?;
    Ok(())
}

async fn is_any_due(connection: &mut AsyncPgConnection) -> QueryResult<bool> {
    let due =
        notifications::table.filter(notifications::done_at.is_null().and(notifications::next_try_at.le(now)));
    diesel::select(exists(due)).get_result(connection).await
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
    #[diesel(sql_type = Integer)]
    seats: i32,
    #[diesel(sql_type = Integer)]
    tries: i32,
    #[diesel(sql_type = BigInt)]
    age_s: i64,
}

async fn due(connection: &mut AsyncPgConnection, limit: u32) -> QueryResult<Vec<Row>> {
    diesel::sql_query(
        "SELECT id, email, event_id, event_name, seats, tries, \
             extract(epoch FROM now() - created_at)::bigint AS age_s \
         FROM notifications WHERE done_at IS NULL AND next_try_at <= now() ORDER BY next_try_at, number LIMIT $1",
    )
    .bind::<BigInt, _>(i64::from(limit))
    .load(connection)
    .await
}

impl Row {
    fn known(self) -> Option<DueNotification> {
        let Self { id, email, event_id, event_name, seats, tries, age_s } = self;
        let event_id = EventId::from_uuid(event_id).ok()?;
        let message = Notification { id, email, event_id, event_name, seats: u32::try_from(seats).ok()? };
        let age = Duration::from_secs(u64::try_from(age_s).unwrap_or_default());
        Some(DueNotification { message, tries: u32::try_from(tries).unwrap_or_default(), age })
    }
}

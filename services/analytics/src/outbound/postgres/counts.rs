//! The stored counts: sums to which each batch of facts adds.

use booked_failure::Failure;
use booked_ids::EventId;
use booked_postgres::Database;
use chrono::NaiveDate;
use diesel::{
    BoolExpressionMethods as _, ExpressionMethods as _, JoinOnDsl as _, NullableExpressionMethods as _,
    QueryDsl as _, QueryResult,
    result::Error,
    sql_query,
    sql_types::{Array, BigInt, Bool, Date, Integer, Nullable, Uuid as SqlUuid},
};
use diesel_async::{AsyncPgConnection, RunQueryDsl as _};
use uuid::Uuid;

use super::schema::{booked_by_day, events};
use crate::domain::{Sales, Tally};

/// Adds a tally in a few statements, however large it is. The caller's transaction first locks the rows of the tally's
/// events, in the order of their ids, and everything else after that, so two such transactions never deadlock.
pub(crate) async fn add(connection: &mut AsyncPgConnection, tally: &Tally) -> QueryResult<()> {
    if tally.events().next().is_none() {
        return Ok(());
    }
    add_to_events(connection, tally).await?;
    add_to_days(connection, tally).await?;
    forget_days_of_deleted(connection, tally).await
}

/// Deletes all counts, which takes only a moment however many there are. The role that serves needs TRUNCATE for it.
pub(crate) async fn empty(connection: &mut AsyncPgConnection) -> QueryResult<()> {
    sql_query("TRUNCATE events, booked_by_day").execute(connection).await.map(drop)
}

/// The counts of all events that are known and not deleted, by id. An event of which only counts have arrived so far is
/// not known yet.
pub(crate) async fn read(database: &Database, today: NaiveDate) -> Result<Vec<Sales>, Failure> {
    database
        .read(async move |connection| {
            let is_today = booked_by_day::event_id.eq(events::event_id).and(booked_by_day::day.eq(today));
            let rows: Vec<Row> = events::table
                .left_join(booked_by_day::table.on(is_today))
                .filter(events::deleted.eq(false))
                .filter(events::total_seats.is_not_null())
                .order(events::event_id)
                .select((
                    events::event_id,
                    events::total_seats.assume_not_null(),
                    events::ever_booked,
                    events::cancelled,
                    booked_by_day::booked_now.nullable(),
                ))
                .load(connection)
                .await?;
            rows.into_iter().map(sales).collect()
        })
        .await
}

type Row = (Uuid, i32, i64, i64, Option<i64>);

fn sales((event, total_seats, ever_booked, cancelled, booked_today): Row) -> QueryResult<Sales> {
    let event = EventId::from_uuid(event).map_err(|error| Error::DeserializationError(Box::new(error)))?;
    let total_seats =
        u32::try_from(total_seats).map_err(|error| Error::DeserializationError(Box::new(error)))?;
    Ok(Sales { event, total_seats, ever_booked, cancelled, booked_today: booked_today.unwrap_or_default() })
}

async fn add_to_events(connection: &mut AsyncPgConnection, tally: &Tally) -> QueryResult<()> {
    let states = || tally.events().map(|(_, tally)| tally.on_sale);
    sql_query(
        "INSERT INTO events AS known (event_id, version, deleted, total_seats, ever_booked, cancelled) \
         SELECT * FROM unnest($1, $2, $3, $4, $5, $6) AS added ORDER BY 1 \
         ON CONFLICT (event_id) DO UPDATE SET \
         deleted = CASE WHEN excluded.version > known.version THEN excluded.deleted ELSE known.deleted END, \
         total_seats = CASE WHEN excluded.version > known.version \
             THEN excluded.total_seats ELSE known.total_seats END, \
         version = greatest(known.version, excluded.version), \
         ever_booked = known.ever_booked + excluded.ever_booked, \
         cancelled = known.cancelled + excluded.cancelled",
    )
    .bind::<Array<SqlUuid>, _>(tally.events().map(|(event, _)| event.as_uuid()).collect::<Vec<_>>())
    .bind::<Array<BigInt>, _>(states().map(|state| state.map_or(0, |it| it.version)).collect::<Vec<_>>())
    .bind::<Array<Bool>, _>(states().map(|state| state.is_some_and(|it| it.deleted)).collect::<Vec<_>>())
    .bind::<Array<Nullable<Integer>>, _>(
        states().map(|state| state.map(|it| it.total_seats)).collect::<Vec<_>>(),
    )
    .bind::<Array<BigInt>, _>(tally.events().map(|(_, tally)| tally.booked).collect::<Vec<_>>())
    .bind::<Array<BigInt>, _>(tally.events().map(|(_, tally)| tally.cancelled).collect::<Vec<_>>())
    .execute(connection)
    .await
    .map(drop)
}

async fn add_to_days(connection: &mut AsyncPgConnection, tally: &Tally) -> QueryResult<()> {
    let days = || {
        tally.events().flat_map(|(event, tally)| {
            tally.booked_now_by_day.iter().map(move |(day, change)| (event.as_uuid(), *day, *change))
        })
    };
    if days().next().is_none() {
        return Ok(());
    }
    sql_query(
        "INSERT INTO booked_by_day AS known (event_id, day, booked_now) \
         SELECT added.* FROM unnest($1, $2, $3) AS added (event_id, day, booked_now) \
         JOIN events USING (event_id) WHERE NOT events.deleted \
         ON CONFLICT (event_id, day) DO UPDATE SET booked_now = known.booked_now + excluded.booked_now",
    )
    .bind::<Array<SqlUuid>, _>(days().map(|(event, ..)| event).collect::<Vec<_>>())
    .bind::<Array<Date>, _>(days().map(|(_, day, _)| day).collect::<Vec<_>>())
    .bind::<Array<BigInt>, _>(days().map(|(.., change)| change).collect::<Vec<_>>())
    .execute(connection)
    .await
    .map(drop)
}

async fn forget_days_of_deleted(connection: &mut AsyncPgConnection, tally: &Tally) -> QueryResult<()> {
    let is_deleted = |tally: &crate::domain::EventTally| tally.on_sale.is_some_and(|state| state.deleted);
    let deleted: Vec<Uuid> =
        tally.events().filter(|(_, tally)| is_deleted(tally)).map(|(event, _)| event.as_uuid()).collect();
    if deleted.is_empty() {
        return Ok(());
    }
    diesel::delete(booked_by_day::table.filter(booked_by_day::event_id.eq_any(deleted)))
        .execute(connection)
        .await
        .map(drop)
}

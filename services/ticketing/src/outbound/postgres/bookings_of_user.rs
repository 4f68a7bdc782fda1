//! What a user holds now: one row an event, newest first. A read without a rule.

use booked_contract::{event::EventDetails, ticket::Booking};
use booked_failure::Failure;
use booked_ids::UserId;
use booked_postgres::Database;
use chrono::{DateTime, Utc};
use diesel::{
    QueryResult, QueryableByName,
    result::Error,
    sql_types::{BigInt, Jsonb, Timestamptz, Uuid as SqlUuid},
};
use diesel_async::RunQueryDsl as _;
use serde_json::Value;
use uuid::Uuid;

use super::event_row::sale_terms;

#[derive(QueryableByName)]
struct Row {
    #[diesel(sql_type = SqlUuid)]
    id: Uuid,
    #[diesel(sql_type = Jsonb)]
    details: Value,
    #[diesel(sql_type = Jsonb)]
    sale: Value,
    #[diesel(sql_type = BigInt)]
    now_unix_ms: i64,
    #[diesel(sql_type = BigInt)]
    tickets: i64,
    #[diesel(sql_type = Timestamptz)]
    booked_at: DateTime<Utc>,
}

/// The user's bookings.
///
/// # Errors
///
/// See [`Failure`].
pub async fn bookings_of_user(database: &Database, user: UserId) -> Result<Vec<Booking>, Failure> {
    database
        .read(async move |connection| {
            let rows: Vec<Row> = diesel::sql_query(
                "SELECT events.id, details, sale, tickets, booked_at, \
                     floor(extract(epoch FROM clock_timestamp()) * 1000)::bigint AS now_unix_ms \
                 FROM (SELECT event_id, count(*) AS tickets, max(booked_at) AS booked_at \
                     FROM tickets WHERE user_id = $1 GROUP BY event_id) AS held \
                 JOIN events ON events.id = held.event_id AND NOT events.deleted \
                 ORDER BY booked_at DESC, events.id",
            )
            .bind::<SqlUuid, _>(user.as_uuid())
            .load(connection)
            .await?;
            rows.into_iter().map(Row::into_booking).collect()
        })
        .await
}

impl Row {
    fn into_booking(self) -> QueryResult<Booking> {
        let details: EventDetails = serde_json::from_value(self.details)
            .map_err(|error| Error::DeserializationError(Box::new(error)))?;
        let tickets = u32::try_from(self.tickets).unwrap_or(u32::MAX);
        let status = sale_terms(self.sale)?.status(self.now_unix_ms);
        Ok(Booking::of(self.id, details, status, tickets, self.booked_at.timestamp()))
    }
}

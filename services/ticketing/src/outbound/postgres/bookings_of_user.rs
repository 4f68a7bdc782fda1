//! What a user holds now: one row an event, newest first. A read without a rule.

use booked_contract::ticket::Booking;
use booked_failure::Failure;
use booked_ids::UserId;
use booked_postgres::Database;
use chrono::{DateTime, Utc};
use diesel::{
    QueryableByName,
    sql_types::{BigInt, Double, Nullable, Text, Timestamptz, Uuid as SqlUuid},
};
use diesel_async::RunQueryDsl as _;
use uuid::Uuid;

#[derive(QueryableByName)]
struct Row {
    #[diesel(sql_type = SqlUuid)]
    id: Uuid,
    #[diesel(sql_type = Text)]
    name: String,
    #[diesel(sql_type = BigInt)]
    unix_time: i64,
    #[diesel(sql_type = Text)]
    address: String,
    #[diesel(sql_type = Text)]
    description: String,
    #[diesel(sql_type = Nullable<Double>)]
    latitude: Option<f64>,
    #[diesel(sql_type = Nullable<Double>)]
    longitude: Option<f64>,
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
    let rows: Vec<Row> = database
        .read(async move |connection| {
            diesel::sql_query(
                "SELECT events.id, name, unix_time, address, description, latitude, longitude, tickets, booked_at \
                 FROM (SELECT event_id, count(*) AS tickets, max(booked_at) AS booked_at \
                     FROM tickets WHERE user_id = $1 GROUP BY event_id) AS held \
                 JOIN events ON events.id = held.event_id AND NOT events.deleted \
                 ORDER BY booked_at DESC, events.id",
            )
            .bind::<SqlUuid, _>(user.as_uuid())
            .load(connection)
            .await
        })
        .await?;
    Ok(rows.into_iter().map(Row::into_booking).collect())
}

impl Row {
    fn into_booking(self) -> Booking {
        Booking {
            event_id: self.id,
            event_name: self.name,
            event_unix_time: self.unix_time,
            event_address: self.address,
            event_description: self.description,
            event_latitude: self.latitude,
            event_longitude: self.longitude,
            number_of_tickets: u32::try_from(self.tickets).unwrap_or(u32::MAX),
            booking_unix_time: self.booked_at.timestamp(),
        }
    }
}

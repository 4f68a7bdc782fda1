//! Erases what is stored of deleted events. The tombstone stays, because it makes a deletion final.

use booked_failure::Failure;
use booked_postgres::Database;
use chrono::{DateTime, Utc};
use diesel::sql_types::{BigInt, Timestamptz};
use diesel_async::RunQueryDsl as _;

/// The most rows that one statement changes, so that none holds its locks for long.
const PIECE: i64 = 500;

/// Erases the texts of one batch of events that were deleted before this time, and returns whether there may be more.
/// Replicas that do this at the same time take different rows.
///
/// # Errors
///
/// The database fails.
pub async fn empty_deleted_events(database: &Database, before: DateTime<Utc>) -> Result<bool, Failure> {
    let emptied = database.read(async move |connection| {
        diesel::sql_query(
            "UPDATE events SET name = '', address = '', description = '', latitude = NULL, longitude = NULL, \
                 cancel_reason = NULL \
             WHERE id IN (SELECT id FROM events WHERE deleted_at IS NOT NULL AND name <> '' AND deleted_at < $1 \
             ORDER BY deleted_at LIMIT $2 FOR UPDATE SKIP LOCKED)",
        )
        .bind::<Timestamptz, _>(before)
        .bind::<BigInt, _>(PIECE)
        .execute(connection)
        .await
    });
    Ok(i64::try_from(emptied.await?).is_ok_and(|emptied| emptied == PIECE))
}

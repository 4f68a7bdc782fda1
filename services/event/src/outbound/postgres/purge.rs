//! Erases what is stored of deleted events. The tombstone stays, because it makes a deletion final.

use booked_failure::Failure;
use booked_postgres::Database;
use chrono::{DateTime, Utc};
use diesel::sql_types::{BigInt, Timestamptz};
use diesel_async::RunQueryDsl as _;

/// The most rows that one statement changes, so that none holds its locks for long.
const BATCH: i64 = 500;

/// Erases the texts of one batch of events that were deleted before this time, and returns whether there may be more.
/// Replicas that do this at the same time take different rows.
///
/// # Errors
///
/// The database fails.
pub async fn purge_deleted_events(database: &Database, before: DateTime<Utc>) -> Result<bool, Failure> {
    // A single statement needs no transaction around it, so `read` will do. If the outcome is unknown, no harm is done:
    // the next round finds what was not erased.
    let purged = database.read(async move |connection| {
        diesel::sql_query(
            "UPDATE events SET name = '', address = '', description = '', latitude = NULL, longitude = NULL, \
                 cancel_reason = NULL \
             WHERE id IN (SELECT id FROM events WHERE deleted_at IS NOT NULL AND name <> '' AND deleted_at < $1 \
             ORDER BY deleted_at LIMIT $2 FOR UPDATE SKIP LOCKED)",
        )
        .bind::<Timestamptz, _>(before)
        .bind::<BigInt, _>(BATCH)
        .execute(connection)
        .await
    });
    Ok(i64::try_from(purged.await?).is_ok_and(|purged| purged == BATCH))
}

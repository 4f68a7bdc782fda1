//! Empties what is kept of deleted events. The tombstone stays: it is what makes a deletion final.

use booked_failure::Failure;
use booked_postgres::Database;
use chrono::{DateTime, Utc};
use diesel::sql_types::{BigInt, Timestamptz};
use diesel_async::RunQueryDsl as _;

/// The most rows of one statement, so that none holds its locks for long.
const PIECE: i64 = 500;

/// Empties the texts of events that were deleted before this time, a piece of them; says whether there may be more.
/// Replicas that do so at once take different rows.
///
/// # Errors
///
/// The database fails.
pub async fn empty_deleted_events(database: &Database, before: DateTime<Utc>) -> Result<bool, Failure> {
    let emptied = database.read(async move |connection| {
        diesel::sql_query(
            "UPDATE events SET name = '', address = '', description = '', latitude = NULL, longitude = NULL \
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

//! What is left of deleted events goes, in pieces.

use booked_ids::EventId;
use diesel::{
    QueryResult,
    sql_types::{BigInt, Uuid as SqlUuid},
};
use diesel_async::{AsyncPgConnection, RunQueryDsl as _};

/// Removes at most this many rows of each kind, and says whether nothing is left. Runs in a transaction.
pub(super) async fn purge(
    connection: &mut AsyncPgConnection,
    event: EventId,
    rows_max: u32,
) -> QueryResult<bool> {
    const STEPS: [&str; 4] = [
        "DELETE FROM tickets WHERE id IN \
         (SELECT id FROM tickets WHERE id > $1 AND id <= last_ticket_id($1) ORDER BY id LIMIT $2)",
        "DELETE FROM waitlist_entries WHERE (event_id, user_id) IN \
         (SELECT event_id, user_id FROM waitlist_entries WHERE event_id = $1 ORDER BY number LIMIT $2)",
        "DELETE FROM notifications WHERE number IN \
         (SELECT number FROM notifications WHERE event_id = $1 AND done_at IS NULL ORDER BY number LIMIT $2)",
        "DELETE FROM cancelled_notifications WHERE number IN (SELECT number FROM cancelled_notifications \
         WHERE event_id = $1 AND done_at IS NULL ORDER BY user_id LIMIT $2)",
    ];
    // First: who is to hear of a cancelled event is noted under a lock on this row, so nobody is noted when it is gone.
    diesel::sql_query("DELETE FROM cancelled_events WHERE event_id = $1")
        .bind::<SqlUuid, _>(event.as_uuid())
        .execute(connection)
        .await?;
    let mut is_empty = true;
    for step in STEPS {
        let removed = diesel::sql_query(step)
            .bind::<SqlUuid, _>(event.as_uuid())
            .bind::<BigInt, _>(i64::from(rows_max))
            .execute(connection)
            .await?;
        is_empty &= u32::try_from(removed).is_ok_and(|removed| removed < rows_max);
    }
    if is_empty {
        for step in [
            "DELETE FROM waitlists WHERE event_id = $1",
            "DELETE FROM sold_counts WHERE event_id = $1",
            "UPDATE events SET purged = true, details = '{}' WHERE id = $1 AND deleted",
        ] {
            diesel::sql_query(step).bind::<SqlUuid, _>(event.as_uuid()).execute(connection).await?;
        }
    }
    Ok(is_empty)
}

//! The keys of bookings that share a transaction: each is kept if its booking is made, and only then.

use std::collections::HashSet;

use booked_idempotency::{RequestKey, delete, keep_all_done};
use diesel::QueryResult;
use diesel_async::AsyncPgConnection;
use uuid::Uuid;

use super::book::{Booking, Verdict};

/// Keeps the keys, and says which bookings may be made, in their order; of the others a request with the same key came first. It is
/// the first step, since nothing that is found out later could take one booking out of the batch.
pub(super) async fn keep_keys(
    connection: &mut AsyncPgConnection,
    bookings: &[Booking],
) -> QueryResult<Vec<bool>> {
    let mut asked = HashSet::new();
    // Of two with one key, the first.
    let is_first: Vec<bool> =
        bookings.iter().map(|booking| booking.key.is_none_or(|key| asked.insert(key.id))).collect();
    if asked.is_empty() {
        return Ok(is_first);
    }
    let keys: Vec<RequestKey> =
        bookings.iter().zip(&is_first).filter(|(_, first)| **first).filter_map(|(it, _)| it.key).collect();
    let kept = keep_all_done(connection, &keys).await?;
    let may_be_made = |(booking, is_first): (&Booking, bool)| {
        is_first && booking.key.is_none_or(|key| kept.contains(&key.id))
    };
    Ok(bookings.iter().zip(is_first).map(may_be_made).collect())
}

/// Deletes the keys of those that were not made after all.
pub(super) async fn delete_keys(
    connection: &mut AsyncPgConnection,
    bookings: &[Booking],
    verdicts: &[Verdict],
) -> QueryResult<()> {
    let not_made = bookings.iter().zip(verdicts).filter(|(_, verdict)| **verdict != Verdict::Booked);
    let ids: Vec<Uuid> = not_made.filter_map(|(booking, _)| Some(booking.key?.id)).collect();
    if ids.is_empty() { Ok(()) } else { delete(connection, ids).await }
}

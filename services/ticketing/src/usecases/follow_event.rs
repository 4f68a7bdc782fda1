//! Follow: what became of an event in Postgres is so in Valkey too, before whoever changed it is answered. The feed's
//! consumer does the same for every change, but this process does not know when another one's has come to it.

use booked_ids::EventId;

use super::{Context, settle_overdue::VisitFailure};

/// Deleted events that are not purged yet and are looked through. What is purged was dropped before.
const DELETED_MAX: u32 = 256;

/// Raises the capacity of an event's map, or drops the map of a deleted event.
///
/// # Errors
///
/// See [`VisitFailure`]; the reconciler or the purge does it then.
pub async fn follow_event(context: &Context, event: EventId) -> Result<(), VisitFailure> {
    match context.store.event(event).await? {
        Some(live) => Ok(context.pool.grow(event, live.capacity).await.map(drop)?),
        // An event that is merely unknown here must not be dropped: it may come yet.
        None if context.store.deleted_events(DELETED_MAX).await?.contains(&event) => {
            Ok(context.pool.drop_event(event).await?)
        }
        None => Ok(()),
    }
}

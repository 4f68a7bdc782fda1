//! Follow: what became of an event in Postgres is so in Valkey too, before whoever changed it is answered.

use booked_ids::EventId;

use super::{Context, settle_overdue::VisitFailure};

/// Raises the capacity of an event's inventory, or drops the inventory of a deleted event.
///
/// # Errors
///
/// See [`VisitFailure`]; the reconciler or the purge does it then.
pub async fn follow_event(context: &Context, event: EventId) -> Result<(), VisitFailure> {
    match context.store.event(event).await? {
        Some(live) => Ok(context.pool.grow(event, live.capacity).await.map(drop)?),
        // An event that is merely unknown here must not be dropped: it may come yet.
        None if context.store.deleted_among(&[event]).await?.is_empty() => Ok(()),
        None => Ok(context.pool.drop_event(event).await?),
    }
}

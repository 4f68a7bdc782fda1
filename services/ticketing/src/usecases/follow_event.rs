//! Follow: what became of an event in Postgres is so in Valkey too, before the caller that changed it gets its answer.

use booked_failure::Failure;
use booked_ids::EventId;

use super::Context;

/// Raises the capacity of an event's inventory and sets the terms of its sale, or drops the inventory of a deleted event.
///
/// # Errors
///
/// See [`Failure`]; the reconciler or the purge does it then.
pub async fn follow_event(context: &Context, event: EventId) -> Result<(), Failure> {
    match context.events.event(event).await? {
        Some(live) => Ok(context.inventory.follow(live).await.map(drop)?),
        // An event that is merely unknown here must not be dropped: it may come yet.
        None if context.events.deleted_among(&[event]).await?.is_empty() => Ok(()),
        None => Ok(context.inventory.drop_event(event).await?),
    }
}

//! Drop the inventories of deleted events wherever they are met. A purge drops an event's inventory before it forgets the event, but a
//! Valkey that lost its newest writes brings the inventory back, and then nobody else would ever visit it again.

use booked_failure::Failure;
use booked_ids::EventId;

use super::Context;

/// Drops the inventories of those of the events that are deleted, and says how many there were.
///
/// # Errors
///
/// See [`Failure`]; the next visit goes on.
pub async fn drop_deleted_inventories(context: &Context, events: &[EventId]) -> Result<u32, Failure> {
    if events.is_empty() {
        return Ok(0);
    }
    // An event that is merely unknown here must not be dropped: it may come yet.
    let dead = context.events.deleted_among(events).await?;
    let maps = context.inventory.occupied(&dead).await?;
    let mut dropped = 0;
    for (event, map) in dead.into_iter().zip(maps) {
        if map.is_some() {
            context.inventory.drop_event(event).await?;
            tracing::warn!(%event, "the map of a deleted event had come back and was dropped");
            dropped += 1;
        }
    }
    Ok(dropped)
}

//! Remove what is left of deleted events: first their seats in Valkey, then their rows, in pieces.

use booked_failure::Failure;
use booked_ids::EventId;

use super::Context;

/// Events that are dealt with at one visit.
const EVENTS_MAX: u32 = 16;
/// Rows that one transaction removes.
const ROWS_MAX: u32 = 5_000;

/// Removes a piece of each deleted event, and says whether more is left.
///
/// # Errors
///
/// See [`Failure`]; the next visit goes on.
pub async fn purge_deleted(context: &Context) -> Result<bool, Failure> {
    let events: Vec<EventId> = context.events.events_to_purge(EVENTS_MAX).await?;
    let mut is_more_left = u32::try_from(events.len()).is_ok_and(|count| count == EVENTS_MAX);
    for event in events {
        // Before the rows, so that an event is never forgotten here while its holds are left there.
        context.inventory.drop_event(event).await?;
        is_more_left |= !context.events.purge(event, ROWS_MAX).await?;
    }
    Ok(is_more_left)
}

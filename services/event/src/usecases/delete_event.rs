//! An admin deletes an event.

use booked_ids::EventId;

use super::Context;
use crate::ports::DeleteError;

/// Deletes an event. It is gone from this service at once, and from the others, with everything that depends on it, as
/// soon as they have applied the feed.
///
/// # Errors
///
/// See [`DeleteError`].
pub async fn delete_event(context: &Context, id: EventId) -> Result<(), DeleteError> {
    let position = context.events.delete(id, context.clock.now()).await?;
    context.ticketing.catch_up(position, id).await;
    Ok(())
}

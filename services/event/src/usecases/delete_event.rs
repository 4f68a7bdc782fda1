//! An admin deletes an event.

use booked_ids::EventId;

use super::Context;
use crate::ports::DeleteError;

/// Deletes an event: it is gone here at once, and elsewhere, with all that hangs on it, as the feed arrives.
///
/// # Errors
///
/// See [`DeleteError`].
pub async fn delete_event(context: &Context, id: EventId) -> Result<(), DeleteError> {
    let position = context.events.delete(id, context.clock.now()).await?;
    context.ticketing.catch_up(position, id).await;
    Ok(())
}

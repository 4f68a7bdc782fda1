//! An admin deletes an event.

use booked_idempotency::RequestKey;
use booked_ids::EventId;

use super::Context;
use crate::ports::{DeleteError, Stored};

/// Deletes an event. It is gone from this service at once, and from the others, with everything that depends on it, as
/// soon as they have applied the feed.
///
/// # Errors
///
/// See [`DeleteError`].
pub async fn delete_event(
    context: &Context,
    id: EventId,
    key: Option<RequestKey>,
) -> Result<Stored, DeleteError> {
    context.events.delete(id, context.clock.now(), key).await
}

//! An admin cancels an event.

use booked_idempotency::RequestKey;
use booked_ids::EventId;

use super::Context;
use crate::{
    domain::Cancellation,
    ports::{CancelError, Stored},
};

/// Cancels an event, which nothing takes back. Once this is announced, nothing more is reserved or booked of it. If it was
/// cancelled before, this makes sure of that.
///
/// # Errors
///
/// See [`CancelError`].
pub async fn cancel_event(
    context: &Context,
    id: EventId,
    cancellation: Cancellation,
    key: Option<RequestKey>,
) -> Result<Stored, CancelError> {
    context.events.cancel(id, cancellation, key).await
}

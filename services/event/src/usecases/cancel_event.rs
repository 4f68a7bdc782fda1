//! An admin cancels an event.

use booked_failure::Failure;
use booked_ids::EventId;

use super::Context;
use crate::{domain::Cancellation, ports::CancelError};

/// Cancels an event, which nothing takes back. Once this is answered, nothing more is reserved or booked of it. If it
/// was cancelled before, this makes sure of that.
///
/// # Errors
///
/// See [`CancelError`]. If ticketing does not confirm it, it is cancelled, and whether that is in effect is unknown.
pub async fn cancel_event(
    context: &Context,
    id: EventId,
    cancellation: Cancellation,
) -> Result<(), CancelError> {
    let position = context.events.cancel(id, cancellation).await?;
    // The event is stored as cancelled.
    Ok(context.ticketing.confirm(position, id).await.map_err(Failure::after_some_effect)?)
}

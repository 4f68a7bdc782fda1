//! A client reads one event.

use booked_failure::Failure;
use booked_ids::EventId;

use super::Context;
use crate::domain::Offer;

/// The event with the number of free seats and where it stands; `None` if there is no such event.
///
/// # Errors
///
/// See [`Failure`].
pub async fn get_event(context: &Context, id: EventId) -> Result<Option<Offer>, Failure> {
    let now = context.clock.now().timestamp_millis();
    let Some(event) = context.events.find(id).await? else { return Ok(None) };
    let occupied = context.ticketing.occupied(&[id]).await?;
    Ok(Some(Offer::new(event, occupied.first().copied().flatten(), now)))
}

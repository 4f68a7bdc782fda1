//! Somebody looks at one event.

use booked_ids::EventId;

use super::{Context, ReadError};
use crate::domain::Offer;

/// The event with the seats that are free; `None` where there is no such event.
///
/// # Errors
///
/// See [`ReadError`].
pub async fn get_event(context: &Context, id: EventId) -> Result<Option<Offer>, ReadError> {
    let Some(event) = context.events.find(id).await? else { return Ok(None) };
    let occupied = context.ticketing.occupied(&[id]).await?;
    Ok(Some(Offer::new(event, occupied.first().copied().flatten())))
}

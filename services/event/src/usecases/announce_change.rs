//! Ticketing is told of a change of an event.

use booked_failure::Failure;

use super::Context;
use crate::ports::Stored;

/// Tells ticketing of a change that is stored, so that it is in effect once it is answered, as far as that is promised. Of a change
/// that was answered before it makes sure.
///
/// # Errors
///
/// Ticketing did not confirm what is promised: it is stored, and whether it is in effect is unknown.
pub async fn announce_change(context: &Context, stored: Stored) -> Result<(), Failure> {
    let Some(position) = stored.position else { return Ok(()) };
    if stored.is_promised {
        return context.ticketing.confirm(position, stored.event).await.map_err(Failure::after_some_effect);
    }
    context.ticketing.catch_up(position, stored.event).await;
    Ok(())
}

//! An admin changes an event.

use booked_ids::EventId;

use super::Context;
use crate::{
    domain::EventChange,
    ports::{ChangeError, Changed},
};

/// Changes the fields that the change names. Added seats go on sale at once, and bookings show the new state.
///
/// # Errors
///
/// See [`ChangeError`].
pub async fn update_event(context: &Context, id: EventId, change: EventChange) -> Result<(), ChangeError> {
    match context.events.change(id, change).await? {
        Changed::Published(position) => context.ticketing.catch_up(position, id).await,
        Changed::Nothing => {}
    }
    Ok(())
}

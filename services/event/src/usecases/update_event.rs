//! An admin changes an event.

use booked_failure::Failure;
use booked_ids::EventId;

use super::Context;
use crate::{
    domain::EventChange,
    ports::{ChangeError, Changed},
};

/// Changes the fields that the change names. Added seats go on sale at once, and bookings show the new state. Once a
/// change of the sale's terms is answered, every later reservation is judged by them.
///
/// # Errors
///
/// See [`ChangeError`]. If ticketing does not confirm the terms of the sale, the change is stored, and whether it is in
/// effect is unknown.
pub async fn update_event(context: &Context, id: EventId, change: EventChange) -> Result<(), ChangeError> {
    let names_terms = !change.terms.is_empty();
    match context.events.change(id, change).await? {
        Changed::Published(position) if names_terms => {
            // The change is stored.
            context.ticketing.confirm(position, id).await.map_err(Failure::after_some_effect)?;
        }
        Changed::Published(position) => context.ticketing.catch_up(position, id).await,
        Changed::Nothing => {}
    }
    Ok(())
}

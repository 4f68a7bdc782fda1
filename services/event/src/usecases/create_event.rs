//! An admin creates an event.

use booked_idempotency::RequestKey;
use booked_ids::EventId;

use super::Context;
use crate::{
    domain::{Event, EventDetails, SaleTerms},
    ports::{AddError, Stored},
};

/// Creates an event and puts its seats on sale, on these terms. Ten seats cost the same as a million.
///
/// # Errors
///
/// See [`AddError`].
pub async fn create_event(
    context: &Context,
    details: EventDetails,
    terms: SaleTerms,
    key: Option<RequestKey>,
) -> Result<Stored, AddError> {
    let now = context.clock.now();
    let unix_ms = u64::try_from(now.timestamp_millis()).unwrap_or_default();
    let event = Event::new(EventId::new(unix_ms, context.random.bytes()), details, terms);
    // Ticketing learns of the event and of its terms together, so nothing can be reserved on other terms before that.
    context.events.add(&event, now, key).await
}

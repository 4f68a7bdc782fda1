//! An admin changes an event.

use booked_idempotency::RequestKey;
use booked_ids::EventId;

use super::Context;
use crate::{
    domain::EventChange,
    ports::{ChangeError, Stored},
};

/// Changes the fields that the change names. Once it is announced, added seats are on sale, and every later reservation is judged
/// by the sale's terms.
///
/// # Errors
///
/// See [`ChangeError`].
pub async fn update_event(
    context: &Context,
    id: EventId,
    change: EventChange,
    key: Option<RequestKey>,
) -> Result<Stored, ChangeError> {
    context.events.change(id, change, key).await
}

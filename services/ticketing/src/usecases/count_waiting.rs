//! Count waiting: how many stand on the waitlist of an event.

use booked_failure::Failure;
use booked_ids::EventId;

use super::Context;
use crate::ports::WaitingCount;

/// How many wait for seats of the event, and for how many.
///
/// # Errors
///
/// Postgres fails.
pub async fn count_waiting(context: &Context, event: EventId) -> Result<WaitingCount, Failure> {
    context.waitlist.count(event).await.map_err(Failure::harmless)
}

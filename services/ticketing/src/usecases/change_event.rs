//! Change: what the feed noted of an event becomes so, in Postgres and then in Valkey.

use booked_failure::Failure;
use booked_ids::EventId;

use super::{Context, follow_event};

/// Carries out what is noted of an event. If another call is doing so, this one waits for it.
///
/// # Errors
///
/// See [`Failure`]; what is noted stays so, and what Valkey missed is repeated by a job.
pub async fn change_event(context: &Context, event: EventId) -> Result<(), Failure> {
    context.changes.carry_out(event).await?;
    follow_event(context, event).await
}

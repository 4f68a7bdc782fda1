//! The janitor: expires holds and settles overdue claims of events that were used lately.

use booked_failure::Failure;
use booked_ids::EventId;

use super::schedule::Round;
use crate::{
    inbound::metrics::RepairMetrics,
    usecases::{Context, drop_deleted_inventories, settle_overdue},
};

/// Active events that one round visits.
const ACTIVE_EVENTS_MAX: u32 = 256;
/// Holds that one visit expires.
const HOLDS_MAX: u32 = 1_000;

/// One round over the active events, and over the inventories of those that are deleted.
pub(super) async fn clean_up(context: Context, repairs: RepairMetrics) -> Result<(), Failure> {
    let mut round = Round::default();
    let events = context.inventory.active_events(ACTIVE_EVENTS_MAX).await?;
    for event in events.iter().copied() {
        let left = round.visited(visit(&context, event, &repairs).await)?;
        if left == Some(0) {
            round.visited(context.inventory.forget_if_idle(event).await)?;
        }
    }
    // Last, since it needs Postgres, and expiring holds does not.
    round.visited(drop_deleted_inventories(&context, &events).await)?;
    round.ended()
}

/// Expires holds of one event, settles its overdue claims, and says how many holds and claims are left.
pub(super) async fn visit(
    context: &Context,
    event: EventId,
    repairs: &RepairMetrics,
) -> Result<u32, Failure> {
    let expired = context.holds.expire_holds(event, HOLDS_MAX).await?;
    if expired.left == 0 {
        return Ok(0);
    }
    repairs.by_janitor(settle_overdue(context, event).await?);
    Ok(expired.left)
}

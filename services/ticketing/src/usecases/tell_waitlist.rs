//! Tell those who wait that seats came free, in order.

use booked_ids::EventId;

use super::{Context, settle_overdue::VisitFailure};
use crate::usecases::rebuild_map;

/// Expired holds that are taken back before telling.
const HOLDS_MAX: u32 = 256;

/// Tells the first of an event's list, and says how many were told.
///
/// # Errors
///
/// See [`VisitFailure`]; nobody was told then.
pub async fn tell_waitlist(context: &Context, event: EventId) -> Result<u32, VisitFailure> {
    // Seats whose hold ran out came free too, but nobody counts them before they are taken back.
    context.pool.sweep(event, HOLDS_MAX).await?;
    if context.pool.sale_state(event).await?.is_none() {
        // Without a map nothing counts what comes free. Where it cannot be made now, the next visit tries again.
        if let Err(error) = rebuild_map(context, event).await {
            tracing::debug!(%event, %error, "people wait for an event without a map");
            return Ok(0);
        }
    }
    Ok(context.waitlist.tell(event, context.pool.clone()).await?)
}

//! Tell those who wait that seats came free, in order.

use std::sync::Arc;

use booked_failure::Failure;
use booked_ids::EventId;

use super::Context;
use crate::usecases::load_inventory;

/// Expired holds that are taken back before telling.
const HOLDS_MAX: u32 = 256;

/// Those of the awaited events whose sale has changed since somebody was last notified: one read of each of the two
/// stores for all of them, so that lists on which nothing happens cost next to nothing. What cannot be looked at is told
/// beside.
///
/// # Errors
///
/// The store fails.
pub async fn moved_sales(
    context: &Context,
    after: Option<EventId>,
    limit: u32,
) -> Result<MovedSales, Failure> {
    let awaited = context.waitlist.awaited_events(after, limit).await?;
    let events: Vec<EventId> = awaited.iter().map(|(event, _)| *event).collect();
    let is_full = u32::try_from(events.len()).is_ok_and(|count| count >= limit);
    let mut sales = MovedSales { next: events.last().copied().filter(|_| is_full), ..MovedSales::default() };
    for ((event, seen), now) in awaited.into_iter().zip(context.inventory.watermarks(&events).await) {
        match now {
            // Without an inventory it is made, so that what comes free is counted.
            Ok(now) if now.is_none() || now != seen => sales.moved.push(event),
            Ok(_) => {}
            Err(failure) => sales.failure = Some(failure),
        }
    }
    Ok(sales)
}

/// See [`moved_sales`].
#[derive(Clone, Debug, Default)]
pub struct MovedSales {
    /// Somebody may have to be notified about these.
    pub moved: Vec<EventId>,
    /// After which event to go on; none at the end.
    pub next: Option<EventId>,
    /// Why some could not be looked at.
    pub failure: Option<Failure>,
}

/// Notifies the first of an event's list, and says how many were notified.
///
/// # Errors
///
/// See [`Failure`]; nobody was notified then.
pub async fn notify_waitlist(context: &Context, event: EventId) -> Result<u32, Failure> {
    // Seats whose hold ran out came free too, but nobody counts them before they are taken back.
    context.holds.expire_holds(event, HOLDS_MAX).await?;
    if context.inventory.sale_state(event).await?.is_none() {
        // Without an inventory nothing counts what comes free. If it cannot be loaded now, the next visit tries again.
        if let Err(error) = load_inventory(context, event).await {
            tracing::debug!(%event, %error, "people wait for an event without a map");
            return Ok(0);
        }
    }
    context.waitlist.notify(event, Arc::clone(&context.inventory)).await
}

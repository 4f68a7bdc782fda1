//! How many seats are sold or held: what the event service subtracts from its own seat counts. It never asks any other
//! service, so that no call can wait on itself.

use booked_failure::Failure;
use booked_ids::EventId;

use super::Context;

/// The occupied seats of each event, in the order of the question; `None` for an event that is not known here.
///
/// # Errors
///
/// See [`Failure`]; never a guess.
pub async fn count_occupied(context: &Context, events: &[EventId]) -> Result<Vec<Option<u32>>, Failure> {
    let mut counts = context.inventory.occupied(events).await.map_err(Failure::harmless)?;
    // Without an inventory nothing is held. An inventory is loaded by the first reservation, not by a read.
    let not_loaded: Vec<usize> = (0..counts.len()).filter(|index| counts[*index].is_none()).collect();
    if not_loaded.is_empty() {
        return Ok(counts);
    }
    let asked: Vec<EventId> = not_loaded.iter().map(|index| events[*index]).collect();
    let sold = context.bookings.sold_counts(&asked).await?;
    for (index, sold) in not_loaded.into_iter().zip(sold) {
        counts[index] = sold;
    }
    Ok(counts)
}

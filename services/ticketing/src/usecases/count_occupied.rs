//! How many seats are sold or held: what the event service subtracts from its own seat counts. It never asks any other
//! service, so that no call can wait on itself.

use booked_ids::EventId;

use super::Context;
use crate::ports::{PoolFailure, StoreFailure};

/// Why it cannot be known.
#[derive(Clone, Debug, thiserror::Error)]
pub enum CountError {
    /// Valkey or Postgres is away.
    #[error("not available: {0}")]
    Unavailable(String),
    /// The database refused to read.
    #[error("the database refused: {0}")]
    ReadFailed(String),
}

/// The occupied seats of each event, in the order of the question; `None` for an event that is not known here.
///
/// # Errors
///
/// See [`CountError`]; never a guess.
pub async fn count_occupied(context: &Context, events: &[EventId]) -> Result<Vec<Option<u32>>, CountError> {
    let mut counts = context.pool.occupied(events).await?;
    // Without an inventory nothing is held. Inventories are made at the first reservation, not by a look.
    let not_loaded: Vec<usize> = (0..counts.len()).filter(|index| counts[*index].is_none()).collect();
    if not_loaded.is_empty() {
        return Ok(counts);
    }
    let asked: Vec<EventId> = not_loaded.iter().map(|index| events[*index]).collect();
    let sold = context.store.sold_counts(&asked).await?;
    for (index, sold) in not_loaded.into_iter().zip(sold) {
        counts[index] = sold;
    }
    Ok(counts)
}

impl From<PoolFailure> for CountError {
    fn from(failure: PoolFailure) -> Self {
        Self::Unavailable(failure.to_string())
    }
}

impl From<StoreFailure> for CountError {
    fn from(failure: StoreFailure) -> Self {
        match failure {
            StoreFailure::Refused(why) => Self::ReadFailed(why),
            StoreFailure::Unavailable(why) | StoreFailure::Unknown(why) => Self::Unavailable(why),
        }
    }
}

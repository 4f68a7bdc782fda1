//! Join the waitlist of an event: one entry a user and event, in the order of joining.

use booked_ids::{EventId, UserId};

use super::Context;
use crate::{
    domain::count::SeatsWanted,
    ports::{FeedAway, Joined, StoreFailure},
};

/// Why the user did not join.
#[derive(Clone, Debug, thiserror::Error)]
pub enum AddToWaitlistError {
    /// The user waits for this event already.
    #[error("the user waits already")]
    AlreadyWaiting,
    /// The event does not exist.
    #[error("no such event")]
    NoSuchEvent,
    /// Nothing was done; it may be tried again.
    #[error("not available: {0}")]
    Unavailable(String),
    /// The database refused; nothing was done.
    #[error("the database refused: {0}")]
    Refused(String),
    /// It may have been done.
    #[error("the outcome is unknown: {0}")]
    Unknown(String),
}

/// Puts the user at the end of the event's list.
///
/// # Errors
///
/// See [`AddToWaitlistError`].
pub async fn add_to_waitlist(
    context: &Context,
    user: UserId,
    email: &str,
    event: EventId,
    wanted: SeatsWanted,
) -> Result<(), AddToWaitlistError> {
    // Read before joining, so that what comes free afterwards is told. With Valkey away nobody knows what was free, and
    // then all that is free later counts.
    let sale = context.pool.sale_state(event).await.unwrap_or_default();
    let mut joined = context.waitlist.join(user, email, event, wanted, sale.clone()).await?;
    if joined == Joined::NoSuchEvent {
        context.feed.pull().await?;
        joined = context.waitlist.join(user, email, event, wanted, sale).await?;
    }
    match joined {
        Joined::Done => Ok(()),
        Joined::AlreadyWaiting => Err(AddToWaitlistError::AlreadyWaiting),
        Joined::NoSuchEvent => Err(AddToWaitlistError::NoSuchEvent),
    }
}

impl From<FeedAway> for AddToWaitlistError {
    fn from(away: FeedAway) -> Self {
        Self::Unavailable(away.to_string())
    }
}

impl From<StoreFailure> for AddToWaitlistError {
    fn from(failure: StoreFailure) -> Self {
        match failure {
            StoreFailure::Unavailable(why) => Self::Unavailable(why),
            StoreFailure::Refused(why) => Self::Refused(why),
            StoreFailure::Unknown(why) => Self::Unknown(why),
        }
    }
}

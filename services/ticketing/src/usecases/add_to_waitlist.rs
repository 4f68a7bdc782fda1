//! Join the waitlist of an event: one entry a user and event, in the order of joining.

use booked_ids::{EventId, UserId};

use super::{Context, RebuildError, rebuild_map};
use crate::{
    domain::{count::SeatsWanted, waitlist::SaleState},
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
    // Read before joining, so that what comes free afterwards is told.
    let sale = sale_now(context, event).await;
    let seen = sale.as_ref().ok().cloned().flatten();
    let mut joined = context.waitlist.join(user, email, event, wanted, seen.clone()).await?;
    if joined == Joined::NoSuchEvent {
        match sale {
            Ok(_) => context.feed.pull().await?,
            // The feed was asked already.
            Err(error) => return Err(error.into()),
        }
        joined = context.waitlist.join(user, email, event, wanted, seen).await?;
    }
    match joined {
        Joined::Done => Ok(()),
        Joined::AlreadyWaiting => Err(AddToWaitlistError::AlreadyWaiting),
        Joined::NoSuchEvent => Err(AddToWaitlistError::NoSuchEvent),
    }
}

/// How the sale stands. An event that nobody has reserved of yet gets its map here: without one, nobody could tell what is
/// free already from what comes free later. `None` with Valkey away, and then all that is free later counts.
async fn sale_now(context: &Context, event: EventId) -> Result<Option<SaleState>, RebuildError> {
    match context.pool.sale_state(event).await {
        Ok(None) => rebuild_map(context, event).await?,
        sale => return Ok(sale.unwrap_or_default()),
    }
    Ok(context.pool.sale_state(event).await.unwrap_or_default())
}

impl From<FeedAway> for AddToWaitlistError {
    fn from(away: FeedAway) -> Self {
        Self::Unavailable(away.to_string())
    }
}

impl From<RebuildError> for AddToWaitlistError {
    fn from(error: RebuildError) -> Self {
        match error {
            RebuildError::NoSuchEvent => Self::NoSuchEvent,
            RebuildError::Unavailable(why) => Self::Unavailable(why),
            RebuildError::ReadFailed(why) => Self::Refused(why),
        }
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

//! Join the waitlist of an event: one entry a user and event, in the order of joining.

use std::sync::Arc;

use booked_failure::Failure;
use booked_idempotency::RequestKey;
use booked_ids::{EventId, UserId};
use tokio::time::{Instant, sleep};

use super::{Context, LoadError, load_inventory};
use crate::{domain::count::SeatsWanted, ports::Joined};

/// The list that is joined, as failures name it.
const WAITLIST: &str = "the waitlist";

/// Why the user did not join.
#[derive(Clone, Debug, thiserror::Error)]
pub enum AddToWaitlistError {
    /// The user waits for this event already.
    #[error("the user waits already")]
    AlreadyWaiting,
    /// The event does not exist.
    #[error("no such event")]
    NoSuchEvent,
    /// The event was cancelled.
    #[error("the event was cancelled")]
    EventCancelled,
    /// A dependency failed.
    #[error(transparent)]
    Failed(#[from] Failure),
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
    key: Option<RequestKey>,
) -> Result<(), AddToWaitlistError> {
    // This read, which waits for nobody, answers most of those who ask again.
    if context.waitlist.is_waiting(user, event).await? {
        return Err(AddToWaitlistError::AlreadyWaiting);
    }
    let mapped = ensure_loaded(context, event).await;
    let join = || join_in_order(context, user, email, event, wanted, key);
    let mut joined = join().await?;
    if joined == Joined::NoSuchEvent {
        match mapped {
            Ok(()) => context.feed.pull().await?,
            // The feed was asked already.
            Err(error) => return Err(error.into()),
        }
        joined = join().await?;
    }
    match joined {
        Joined::Done => Ok(()),
        Joined::AlreadyWaiting => Err(AddToWaitlistError::AlreadyWaiting),
        Joined::NoSuchEvent => Err(AddToWaitlistError::NoSuchEvent),
        Joined::EventCancelled => Err(AddToWaitlistError::EventCancelled),
        Joined::Contended => {
            Err(Failure::not_done(WAITLIST, "the list is changed by others all the time").into())
        }
    }
}

/// Those who join the same list in this process do so one after the other. Another replica, or the telling, may have the list
/// all the same: until it is through this one tries again.
async fn join_in_order(
    context: &Context,
    user: UserId,
    email: &str,
    event: EventId,
    wanted: SeatsWanted,
    key: Option<RequestKey>,
) -> Result<Joined, AddToWaitlistError> {
    let give_up = Instant::now() + context.contention.wait_max;
    let turn = context.queues.joins.turn(event, give_up).await;
    let _turn = turn.map_err(|error| Failure::not_done(WAITLIST, error))?;
    loop {
        let joined =
            context.waitlist.join(user, email, event, wanted, Arc::clone(&context.inventory), key).await?;
        if joined != Joined::Contended || Instant::now() >= give_up {
            return Ok(joined);
        }
        sleep(context.contention.poll).await;
    }
}

/// An event that nobody has reserved of yet gets its inventory here: without one, nobody could tell what is free already from
/// what comes free later. With Valkey away nothing is done.
async fn ensure_loaded(context: &Context, event: EventId) -> Result<(), LoadError> {
    match context.inventory.sale_state(event).await {
        Ok(None) => load_inventory(context, event).await,
        Ok(Some(_)) | Err(_) => Ok(()),
    }
}

impl From<LoadError> for AddToWaitlistError {
    fn from(error: LoadError) -> Self {
        match error {
            LoadError::NoSuchEvent => Self::NoSuchEvent,
            LoadError::Failed(failure) => Self::Failed(failure),
        }
    }
}

//! Cancel chosen tickets: exactly those that the user names become free, or none. They may be of several events. The steps,
//! the claims first, are those of `cancelling.rs`.

use booked_failure::Failure;
use booked_idempotency::RequestKey;
use booked_ids::UserId;
use booked_server::QueueError;
use tokio::time::Instant;

use super::{
    Context,
    cancelling::{CANCELS, cancel_exactly},
};
use crate::{domain::booking::Requested, ports::Selection};

/// Why nothing was cancelled.
#[derive(Clone, Debug, thiserror::Error)]
pub enum CancelChosenError {
    /// A ticket is not the user's: somebody else's, nobody's, or of an event that is deleted.
    #[error("a ticket is not the user's")]
    NotYours,
    /// Too many cancels of the user and one of the events wait already; nothing was done.
    #[error("too many cancels of the user wait already")]
    TooMany,
    /// A dependency failed.
    #[error(transparent)]
    Failed(#[from] Failure),
}

/// Cancels all of the tickets, or none.
///
/// # Errors
///
/// See [`CancelChosenError`].
pub async fn cancel_chosen_tickets(
    context: &Context,
    user: UserId,
    requested: Requested,
    key: Option<RequestKey>,
) -> Result<(), CancelChosenError> {
    let Requested { tickets, any_unknown } = requested;
    if any_unknown {
        return Err(CancelChosenError::NotYours);
    }
    let give_up = Instant::now() + context.contention.wait_max;
    // In the order of the events: two calls that take several turns in one order never wait for each other.
    let mut turns = Vec::new();
    for (event, _) in tickets.by_event() {
        turns.push(context.queues.cancels.turn((user, event), give_up).await?);
    }
    loop {
        if !context.bookings.has_all(user, &tickets).await.map_err(Failure::harmless)? {
            return Err(CancelChosenError::NotYours);
        }
        if cancel_exactly(context, user, &tickets, Selection::Chosen, key, give_up).await? {
            return Ok(());
        }
    }
}

impl From<QueueError> for CancelChosenError {
    fn from(no_turn: QueueError) -> Self {
        match no_turn {
            QueueError::Crowded => Self::TooMany,
            QueueError::Late => Failure::not_done(CANCELS, no_turn).into(),
        }
    }
}

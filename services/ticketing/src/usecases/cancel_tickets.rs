//! Cancel: the user's latest tickets of an event become free, exactly as many as they say, or none. The steps, the claim
//! first, are those of `cancelling.rs`.

use booked_failure::Failure;
use booked_idempotency::RequestKey;
use booked_ids::{EventId, UserId};
use booked_server::QueueError;
use tokio::time::Instant;

use super::{
    Context,
    cancelling::{CANCELS, cancel_exactly},
};
use crate::{domain::count::TicketsToCancel, ports::Selection};

/// Why nothing was cancelled.
#[derive(Clone, Debug, thiserror::Error)]
pub enum CancelError {
    /// The user has no ticket of this event.
    #[error("the user has no ticket of this event")]
    NoTicket,
    /// The user has fewer tickets.
    #[error("the user has fewer tickets")]
    TooFew,
    /// Too many cancels of the user and event wait already; nothing was done.
    #[error("too many cancels of the user wait already")]
    TooMany,
    /// A dependency failed.
    #[error(transparent)]
    Failed(#[from] Failure),
}

/// Cancels the user's latest tickets, exactly as many, or none.
///
/// # Errors
///
/// See [`CancelError`].
pub async fn cancel_tickets(
    context: &Context,
    user: UserId,
    event: EventId,
    count: TicketsToCancel,
    key: Option<RequestKey>,
) -> Result<(), CancelError> {
    let give_up = Instant::now() + context.contention.wait_max;
    let _turn = context.queues.cancels.turn((user, event), give_up).await?;
    loop {
        let latest = context.bookings.latest(user, event, count.get()).await.map_err(Failure::harmless)?;
        if !latest.any {
            return Err(CancelError::NoTicket);
        }
        if u32::try_from(latest.seats.len()).is_ok_and(|have| have < count.get()) {
            return Err(CancelError::TooFew);
        }
        let tickets = latest.seats.into_iter().map(|seat| event.ticket(seat)).collect();
        if cancel_exactly(context, user, &tickets, Selection::Latest, key, give_up).await? {
            return Ok(());
        }
    }
}

impl From<QueueError> for CancelError {
    fn from(no_turn: QueueError) -> Self {
        match no_turn {
            QueueError::Crowded => Self::TooMany,
            QueueError::Late => Failure::not_done(CANCELS, no_turn).into(),
        }
    }
}

//! Cancel: the user's latest tickets of an event become free. (1) Claim their seats in Valkey, those that can be; (2) one
//! transaction that cancels exactly these, if they are still the latest; (3) settle the claim.
//!
//! Seats that could not be claimed (another's claim, Valkey away) are cancelled all the same; their bits wait for the
//! reconciler.

use booked_failure::Failure;
use booked_ids::{EventId, SeatNumber, UserId};
use tokio::time::{Instant, sleep};

use super::{
    Context,
    attempt::{Attempt, warn_unsettled},
    keyed_queues::QueueError,
};
use crate::{domain::count::TicketsToCancel, ports::Cancelled};

/// The cancels of one user and event, as failures name them.
const CANCELS: &str = "the cancels of the user";

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
        let attempt = Attempt::new(context);
        let claimed = attempt.claim_to_cancel(user, event, &latest.seats).await;
        match cancel_between_others(context, user, event, &latest.seats, give_up).await {
            Ok(Cancelled::Done) => {
                warn_unsettled(attempt.free(event, &claimed).await);
                return Ok(());
            }
            // The claim stays for the janitor: what the other one leaves is not known yet.
            Ok(Cancelled::Contended) => {
                return Err(Failure::not_done(CANCELS, "another cancel of the user takes long").into());
            }
            Ok(Cancelled::Changed) => drop_claim(&attempt, event, &claimed).await,
            Err(refused @ Failure::Refused(..)) => {
                drop_claim(&attempt, event, &claimed).await;
                return Err(refused.into());
            }
            // The claim stays for the janitor, who asks Postgres when it answers.
            Err(failure) => return Err(failure.into()),
        }
        if Instant::now() >= give_up {
            return Err(Failure::not_done(CANCELS, "the user's tickets change all the time").into());
        }
        sleep(context.contention.poll).await;
    }
}

/// Another replica may be cancelling for the same user and event: until it is through this one tries again, with nothing in
/// hand but its claim.
async fn cancel_between_others(
    context: &Context,
    user: UserId,
    event: EventId,
    seats: &[SeatNumber],
    give_up: Instant,
) -> Result<Cancelled, Failure> {
    loop {
        let cancelled = context.bookings.cancel(user, event, seats).await?;
        if cancelled != Cancelled::Contended || Instant::now() >= give_up {
            return Ok(cancelled);
        }
        sleep(context.contention.poll).await;
    }
}

/// Nothing was cancelled under this claim. But while it stood, another cancel of the same tickets may have come through
/// without one, and then nobody else frees their seats: so Postgres is asked.
async fn drop_claim(attempt: &Attempt<'_>, event: EventId, claimed: &[SeatNumber]) {
    if !claimed.is_empty() {
        warn_unsettled(attempt.settle(event, claimed).await);
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

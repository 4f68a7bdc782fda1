//! Cancel: the user's latest tickets of an event become free. (1) Claim their seats in Valkey, those that can be; (2) one
//! transaction that cancels exactly these, if they are still the latest; (3) settle the claim.
//!
//! Seats that could not be claimed (another's claim, Valkey away) are cancelled all the same; their bits wait for the
//! reconciler.

use booked_ids::{EventId, SeatNumber, UserId};
use tokio::time::{Instant, sleep};

use super::{Context, SCRIPT_SEATS, keyed_queues::QueueError, settle_overdue::ask_and_settle};
use crate::{
    domain::{
        count::TicketsToCancel,
        seat::{AttemptId, ClaimKind},
    },
    ports::{Cancelled, Settlement, StoreFailure},
};

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
    /// Nothing was done; it may be tried again.
    #[error("not available: {0}")]
    Unavailable(String),
    /// The database refused to read; nothing was done.
    #[error("the database refused to read: {0}")]
    ReadFailed(String),
    /// The database refused; nothing was done.
    #[error("the database refused: {0}")]
    Refused(String),
    /// It may have been done.
    #[error("the outcome is unknown: {0}")]
    Unknown(String),
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
    let give_up = Instant::now() + context.contention.others;
    let _turn = context.queues.cancels.turn((user, event), give_up).await?;
    loop {
        let latest = context.store.latest(user, event, count.get()).await.map_err(of_read)?;
        if !latest.any {
            return Err(CancelError::NoTicket);
        }
        if u32::try_from(latest.seats.len()).is_ok_and(|have| have < count.get()) {
            return Err(CancelError::TooFew);
        }
        let attempt = context.attempt();
        let claimed = claim(context, event, attempt, &latest.seats).await;
        match cancel_between_others(context, user, event, &latest.seats, give_up).await {
            Ok(Cancelled::Done) => {
                free(context, event, attempt, &claimed).await;
                return Ok(());
            }
            // The claim stays for the janitor: what the other one leaves is not known yet.
            Ok(Cancelled::Contended) => {
                return Err(CancelError::Unavailable("another cancel of the user takes long".to_owned()));
            }
            Ok(Cancelled::Changed) => drop_claim(context, event, attempt, &claimed).await,
            Err(StoreFailure::Refused(why)) => {
                drop_claim(context, event, attempt, &claimed).await;
                return Err(CancelError::Refused(why));
            }
            // The claim stays for the janitor, who asks Postgres when it answers.
            Err(StoreFailure::Unavailable(why)) => return Err(CancelError::Unavailable(why)),
            Err(StoreFailure::Unknown(why)) => return Err(CancelError::Unknown(why)),
        }
        if Instant::now() >= give_up {
            return Err(CancelError::Unavailable("the user's tickets change all the time".to_owned()));
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
) -> Result<Cancelled, StoreFailure> {
    loop {
        let cancelled = context.store.cancel(user, event, seats).await?;
        if cancelled != Cancelled::Contended || Instant::now() >= give_up {
            return Ok(cancelled);
        }
        sleep(context.contention.poll).await;
    }
}

async fn claim(
    context: &Context,
    event: EventId,
    attempt: AttemptId,
    seats: &[SeatNumber],
) -> Vec<SeatNumber> {
    let mut claimed = Vec::new();
    for seats in seats.chunks(SCRIPT_SEATS) {
        match context.pool.claim_sold(event, attempt, ClaimKind::Cancel, seats).await {
            Ok(seats) => claimed.extend(seats),
            Err(failure) => {
                tracing::warn!(%failure, "seats are cancelled without a claim; the reconciler frees them");
                break;
            }
        }
    }
    claimed
}

/// The seats were cancelled under this claim.
async fn free(context: &Context, event: EventId, attempt: AttemptId, claimed: &[SeatNumber]) {
    for seats in claimed.chunks(SCRIPT_SEATS) {
        let unsold: Vec<Settlement> =
            seats.iter().map(|seat| Settlement { seat: *seat, sold: false }).collect();
        if let Err(failure) = context.pool.settle(event, attempt, &unsold).await {
            tracing::warn!(%failure, "a claim is left to the janitor");
        }
    }
}

/// Nothing was cancelled under this claim. But while it stood, another cancel of the same tickets may have come through
/// without one, and then nobody else frees their seats: so Postgres is asked.
async fn drop_claim(context: &Context, event: EventId, attempt: AttemptId, claimed: &[SeatNumber]) {
    if claimed.is_empty() {
        return;
    }
    if let Err(failure) = ask_and_settle(context, event, attempt, claimed).await {
        tracing::warn!(%failure, "a claim is left to the janitor");
    }
}

impl From<QueueError> for CancelError {
    fn from(no_turn: QueueError) -> Self {
        match no_turn {
            QueueError::Crowded => Self::TooMany,
            QueueError::Late => Self::Unavailable(no_turn.to_string()),
        }
    }
}

fn of_read(failure: StoreFailure) -> CancelError {
    match failure {
        StoreFailure::Refused(why) => CancelError::ReadFailed(why),
        StoreFailure::Unavailable(why) | StoreFailure::Unknown(why) => CancelError::Unavailable(why),
    }
}

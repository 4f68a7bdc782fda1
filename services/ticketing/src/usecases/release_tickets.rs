//! Release: give holds back before their time, all or none. It never touches a settling seat.

use booked_failure::Failure;
use booked_idempotency::{Answered, RequestKey};
use booked_ids::{EventId, SeatNumber, UserId};

use super::{
    Context, concurrently::concurrently, release_of_several_events::release_of_several_events,
    without_unknown::without_unknown,
};
use crate::{
    domain::{
        booking::{Refusal, Requested, Tickets, Triage},
        seat::SeatStates,
    },
    ports::Released,
};

/// Why nothing was released.
#[derive(Clone, Debug, thiserror::Error)]
pub enum ReleaseError {
    /// A ticket is held by somebody else.
    #[error("a ticket is somebody else's")]
    NotYours,
    /// A ticket is not held by the user, or no more.
    #[error("a ticket is not reserved")]
    NotReserved,
    /// The key was used for another request.
    #[error("the key was used for another request")]
    OtherRequest,
    /// It was refused before, under the same key.
    #[error("as before: {0}")]
    Before(Box<Self>),
    /// A dependency failed.
    #[error(transparent)]
    Failed(#[from] Failure),
}

/// Releases all tickets, or none.
///
/// # Errors
///
/// See [`ReleaseError`].
pub async fn release_tickets(
    context: &Context,
    user: UserId,
    requested: Requested,
    key: Option<RequestKey>,
) -> Result<Answered<()>, ReleaseError> {
    let requested = without_unknown(context, requested).await;
    let tickets = requested.tickets;
    if requested.any_unknown {
        inspect(context, user, &tickets).await?.all_held()?;
        return Err(ReleaseError::NotReserved);
    }
    let mut events = tickets.by_event();
    if let (Some((event, seats)), None) = (events.next(), events.next()) {
        return release_of_one_event(context, user, event, &seats, key).await;
    }
    release_of_several_events(context, user, &tickets, key).await
}

async fn release_of_one_event(
    context: &Context,
    user: UserId,
    event: EventId,
    seats: &[SeatNumber],
    key: Option<RequestKey>,
) -> Result<Answered<()>, ReleaseError> {
    let mut released = context.holds.release(event, user, seats, key).await?;
    let refusal = match &released.what {
        Released::Unheld(states) => Some(refusal(event, states, user)),
        Released::NotLoaded => Some(Refusal::NotReserved),
        Released::All | Released::Refused(_) | Released::OtherRequest => None,
    };
    if let Some(refusal) = refusal {
        released = match key {
            Some(key) => context.holds.keep_refusal(event, user, refusal, key).await?,
            None => Answered::now(Released::Refused(refusal)),
        };
    }
    let refusal = match released.what {
        Released::All => return Ok(Answered { what: (), is_replay: released.is_replay }),
        Released::Refused(refusal) => refusal.into(),
        Released::OtherRequest => ReleaseError::OtherRequest,
        Released::Unheld(_) | Released::NotLoaded => ReleaseError::NotReserved,
    };
    Err(if released.is_replay { ReleaseError::Before(Box::new(refusal)) } else { refusal })
}

/// Inspects all events before any of them is claimed, so that the refusal that weighs most is found wherever it is.
pub(super) async fn inspect(
    context: &Context,
    user: UserId,
    tickets: &Tickets,
) -> Result<Triage, ReleaseError> {
    let inspections = tickets.by_event().map(async |(event, seats)| {
        let found = context.holds.inspect(event, &seats).await;
        (event, seats, found)
    });
    let mut triage = Triage::default();
    for (event, seats, found) in concurrently(inspections).await {
        match found.map_err(Failure::harmless)? {
            Some(states) => triage.add(event, &states, user),
            None => triage.add_unseen(event, &seats),
        }
    }
    Ok(triage)
}

/// Why seats in these states cannot be released.
pub(super) fn refusal(event: EventId, states: &SeatStates, user: UserId) -> Refusal {
    let mut triage = Triage::default();
    triage.add(event, states, user);
    triage.all_held().err().unwrap_or(Refusal::NotReserved)
}

impl From<Refusal> for ReleaseError {
    fn from(refusal: Refusal) -> Self {
        match refusal {
            Refusal::NotYours => Self::NotYours,
            Refusal::NotReserved => Self::NotReserved,
        }
    }
}

//! Release: give holds back before their time, all or none. It never touches a settling seat.

use booked_failure::Failure;
use booked_idempotency::{Answered, RequestKey};
use booked_ids::{EventId, SeatNumber, TicketId, UserId};

use super::{
    Context,
    attempt::{Attempt, NotClaimed},
    concurrently::concurrently,
    without_unknown::without_unknown,
};
use crate::{
    domain::{
        booking::{Refusal, Requested, Tickets, Triage},
        seat::SeatStates,
    },
    ports::{Released, VALKEY},
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
        inspect(context, user, &tickets).await?;
        return Err(ReleaseError::NotReserved);
    }
    let mut events = tickets.by_event();
    if let (Some((event, seats)), None) = (events.next(), events.next()) {
        return release_of_one_event(context, user, event, &seats, key).await;
    }
    release_of_several_events(context, user, &tickets).await.map(Answered::now)
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

/// No script reaches several events. So all seats are claimed first, as for a booking that will never be: a process that
/// stops half-way leaves claims that the janitor restores.
async fn release_of_several_events(
    context: &Context,
    user: UserId,
    tickets: &Tickets,
) -> Result<(), ReleaseError> {
    inspect(context, user, tickets).await?;
    let attempt = Attempt::new(context);
    attempt.claim(user, tickets).await.map_err(|why| match why {
        NotClaimed::NotLoaded => ReleaseError::NotReserved,
        NotClaimed::Refused(event, states) => refusal(event, &states, user).into(),
        NotClaimed::Failed(failure) => failure.into(),
    })?;
    let freeing = tickets.by_event().map(async |(event, seats)| {
        let freed = attempt.free(event, &seats).await?;
        let missed = seats.into_iter().filter(move |seat| !freed.contains(seat));
        Ok::<Vec<TicketId>, Failure>(missed.map(|seat| event.ticket(seat)).collect())
    });
    let missed: Result<Vec<_>, Failure> = concurrently(freeing).await.into_iter().collect();
    let missed: Tickets = missed.map_err(Failure::after_some_effect)?.into_iter().flatten().collect();
    release_restored(context, user, &missed).await
}

/// The claims of these tickets were ended by the janitor meanwhile, or lost. What it restored is held again, and is released
/// now. The user does not hold the rest any more, unless it was booked since: then half of the release is done.
async fn release_restored(context: &Context, user: UserId, missed: &Tickets) -> Result<(), ReleaseError> {
    let half_done =
        || Failure::unknown(VALKEY, "some of the tickets changed while they were released").into();
    let mut not_held: Vec<TicketId> = Vec::new();
    for (event, seats) in missed.by_event() {
        let mut triage = Triage::default();
        match context.holds.inspect(event, &seats).await.map_err(Failure::after_some_effect)? {
            Some(states) => triage.add(event, &states, user),
            None => triage.add_unseen(event, &seats),
        }
        for (event, seats) in triage.held.by_event() {
            let released = context.holds.release(event, user, &seats, None).await;
            if released.map_err(Failure::after_some_effect)?.what != Released::All {
                return Err(half_done());
            }
        }
        if !triage.under_way.is_empty() {
            return Err(half_done());
        }
        not_held.extend(triage.to_ask());
    }
    if not_held.is_empty() {
        return Ok(());
    }
    let owners = context.bookings.owners(&not_held).await.map_err(Failure::after_some_effect)?;
    if owners.values().any(|owner| *owner == user) { Err(half_done()) } else { Ok(()) }
}

/// Inspects all events before any of them is claimed, so that the refusal that weighs most is found wherever it is.
async fn inspect(context: &Context, user: UserId, tickets: &Tickets) -> Result<(), ReleaseError> {
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
    triage.all_held()?;
    Ok(())
}

/// Why seats in these states cannot be released.
fn refusal(event: EventId, states: &SeatStates, user: UserId) -> Refusal {
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

//! Release: give holds back before their time, all or none. It never touches a settling seat.

use booked_ids::{TicketId, UserId};

use super::{Context, concurrently::concurrently, known_events::without_unknown};
use crate::{
    domain::{
        booking::{Refusal, Requested, Tickets, Triage},
        seat::AttemptId,
    },
    ports::{Claimed, PoolFailure, Released, Settlement},
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
    /// Nothing was done; it may be tried again.
    #[error("not available: {0}")]
    Unavailable(String),
    /// It may have been done.
    #[error("the outcome is unknown: {0}")]
    Unknown(String),
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
) -> Result<(), ReleaseError> {
    let requested = without_unknown(context, requested).await;
    let tickets = requested.tickets;
    if requested.any_unknown {
        inspect(context, user, &tickets).await?;
        return Err(ReleaseError::NotReserved);
    }
    let mut events = tickets.by_event();
    if let (Some((event, seats)), None) = (events.next(), events.next()) {
        return match context.pool.release(event, user, &seats).await? {
            Released::All => Ok(()),
            Released::NotLoaded => Err(ReleaseError::NotReserved),
            Released::Refused(states) => {
                let mut sorted = Triage::default();
                sorted.add(event, &states, user);
                Err(sorted.all_held().map_or_else(ReleaseError::from, |_| ReleaseError::NotReserved))
            }
        };
    }
    release_of_several_events(context, user, &tickets).await
}

/// No script reaches several events. So all seats are claimed first, as for a booking that will never be: a process that
/// stops half-way leaves claims that the janitor gives back.
async fn release_of_several_events(
    context: &Context,
    user: UserId,
    tickets: &Tickets,
) -> Result<(), ReleaseError> {
    inspect(context, user, tickets).await?;
    let attempt = context.attempt();
    for (event, seats) in tickets.by_event() {
        let refusal = match context.pool.claim(event, user, attempt, &seats).await {
            Ok(Claimed::All) => continue,
            Ok(Claimed::NotLoaded) => ReleaseError::NotReserved,
            Ok(Claimed::Refused(states)) => {
                let mut sorted = Triage::default();
                sorted.add(event, &states, user);
                sorted.all_held().map_or_else(ReleaseError::from, |_| ReleaseError::NotReserved)
            }
            Err(failure) => failure.into(),
        };
        restore_hold(context, attempt, tickets).await;
        return Err(refusal);
    }
    let settles = concurrently(tickets.by_event().map(async |(event, seats)| {
        let unsold: Vec<Settlement> =
            seats.iter().map(|seat| Settlement { seat: *seat, sold: false }).collect();
        let settled = context.pool.settle(event, attempt, &unsold).await?;
        let missed = seats.into_iter().filter(move |seat| !settled.contains(seat));
        Ok::<Vec<TicketId>, PoolFailure>(missed.map(|seat| event.ticket(seat)).collect())
    }));
    let settled: Result<Vec<_>, PoolFailure> = settles.await.into_iter().collect();
    let missed: Tickets = settled.map_err(unknown)?.into_iter().flatten().collect();
    release_restored(context, user, &missed).await
}

/// The claims of these tickets were ended by the janitor meanwhile, or lost. What it gave back is held again, and is
/// released now. The rest the user holds no more, unless it was booked since: then half of the release is done.
async fn release_restored(context: &Context, user: UserId, missed: &Tickets) -> Result<(), ReleaseError> {
    let half_done =
        || ReleaseError::Unknown("some of the tickets changed while they were released".to_owned());
    let mut not_held: Vec<TicketId> = Vec::new();
    for (event, seats) in missed.by_event() {
        let mut sorted = Triage::default();
        match context.pool.inspect(event, &seats).await.map_err(unknown)? {
            Some(states) => sorted.add(event, &states, user),
            None => sorted.add_unseen(event, &seats),
        }
        for (event, seats) in sorted.held.by_event() {
            match context.pool.release(event, user, &seats).await.map_err(unknown)? {
                Released::All => {}
                Released::Refused(_) | Released::NotLoaded => return Err(half_done()),
            }
        }
        if !sorted.under_way.is_empty() {
            return Err(half_done());
        }
        not_held.extend(sorted.to_ask());
    }
    if not_held.is_empty() {
        return Ok(());
    }
    let owners = context.store.owners(&not_held).await.map_err(unknown)?;
    if owners.values().any(|owner| *owner == user) { Err(half_done()) } else { Ok(()) }
}

/// Looks at all events before any of them is claimed, so that the refusal that weighs most is found wherever it is.
async fn inspect(context: &Context, user: UserId, tickets: &Tickets) -> Result<(), ReleaseError> {
    let looks = tickets.by_event().map(async |(event, seats)| {
        let look = context.pool.inspect(event, &seats).await;
        (event, seats, look)
    });
    let mut sorted = Triage::default();
    for (event, seats, look) in concurrently(looks).await {
        match look.map_err(|failure| ReleaseError::Unavailable(failure.to_string()))? {
            Some(states) => sorted.add(event, &states, user),
            None => sorted.add_unseen(event, &seats),
        }
    }
    sorted.all_held()?;
    Ok(())
}

async fn restore_hold(context: &Context, attempt: AttemptId, tickets: &Tickets) {
    let done = concurrently(
        tickets
            .by_event()
            .map(async |(event, seats)| context.pool.restore_hold(event, attempt, &seats).await),
    );
    for failure in done.await.into_iter().filter_map(Result::err) {
        tracing::warn!(%failure, "a claim is left to the janitor");
    }
}

/// Of a step after some seats may have been freed.
fn unknown(failure: impl std::fmt::Display) -> ReleaseError {
    ReleaseError::Unknown(failure.to_string())
}

impl From<Refusal> for ReleaseError {
    fn from(refusal: Refusal) -> Self {
        match refusal {
            Refusal::NotYours => Self::NotYours,
            Refusal::NotReserved => Self::NotReserved,
        }
    }
}

impl From<PoolFailure> for ReleaseError {
    fn from(failure: PoolFailure) -> Self {
        match failure {
            PoolFailure::Unavailable(why) => Self::Unavailable(why),
            PoolFailure::Unknown(why) => Self::Unknown(why),
        }
    }
}

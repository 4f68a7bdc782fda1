//! Release of tickets of several events. No script reaches several events, so all seats are claimed first, as for a booking that
//! will never be: a process that stops half-way leaves claims that the janitor restores.
//!
//! With an idempotency key each event keeps it with its own seats, and the first of the events decides: its seats are freed first,
//! and the others once it has the key. Before that nothing is done. After that the request is done, whatever becomes of the
//! process: a repeat finishes it, which releases what is still held of the other events and keeps the key there, so that no
//! request that comes late is carried out on holds of a later time.

use booked_failure::Failure;
use booked_idempotency::{Answered, RequestKey};
use booked_ids::{EventId, SeatNumber, UserId};
use tokio::time::{Instant, sleep};

use super::{
    Context, ReleaseError,
    attempt::{Attempt, NotClaimed},
    concurrently::concurrently,
    releasing::{inspect, refusal},
};
use crate::{
    domain::booking::{Refusal, Tickets, Triage},
    ports::{Released, VALKEY},
};

/// Releases all tickets, or none.
pub(super) async fn release_of_several_events(
    context: &Context,
    user: UserId,
    tickets: &Tickets,
    key: Option<RequestKey>,
) -> Result<Answered<()>, ReleaseError> {
    let Some(key) = key else {
        return release(context, user, tickets, None).await.map(|_| Answered::now(()));
    };
    let give_up = Instant::now() + context.contention.wait_max;
    loop {
        if is_decided(context, tickets, key).await? {
            if let Some(answered) = finish(context, user, tickets, key).await? {
                return Ok(answered);
            }
        } else if inspect(context, user, tickets).await?.under_way.is_empty() {
            let released = release(context, user, tickets, Some(key)).await;
            if let Some(refusal) = refusal_of(&released) {
                if !is_known(context, user, tickets, key).await?
                    && keep(context, user, tickets, refusal, key).await?
                {
                    return Err(refusal.into());
                }
            } else if released? {
                return Ok(Answered::now(()));
            }
        }
        // The first request with the key may be under way, or has just been.
        if Instant::now() >= give_up {
            return Err(Failure::repeated(VALKEY, "the tickets are being changed").into());
        }
        sleep(context.contention.poll).await;
    }
}

/// Whether the first of the events says that the request is done.
///
/// # Errors
///
/// It was refused before, the key is another request's, or Valkey fails.
async fn is_decided(context: &Context, tickets: &Tickets, key: RequestKey) -> Result<bool, ReleaseError> {
    let Some((first, _)) = tickets.by_event().next() else { return Ok(false) };
    match context.holds.answered(first, key).await.map_err(Failure::harmless)? {
        None => Ok(false),
        Some(Released::Refused(refusal)) => Err(ReleaseError::Before(Box::new(refusal.into()))),
        Some(Released::OtherRequest) => Err(ReleaseError::OtherRequest),
        Some(Released::All | Released::Unheld(_) | Released::NotLoaded) => Ok(true),
    }
}

/// Does what is left to do of a request that is decided; none if the seats of an event are changing just now.
async fn finish(
    context: &Context,
    user: UserId,
    tickets: &Tickets,
    key: RequestKey,
) -> Result<Option<Answered<()>>, ReleaseError> {
    let mut is_replay = true;
    for (event, seats) in tickets.by_event() {
        match context.holds.answered(event, key).await.map_err(Failure::after_some_effect)? {
            Some(Released::OtherRequest) => return Err(ReleaseError::OtherRequest),
            Some(_) => continue,
            None => {}
        }
        let triage = triage(context, user, event, &seats).await?;
        if !triage.under_way.is_empty() {
            return Ok(None);
        }
        // The first request may have done it in between.
        match release_held(context, user, event, &triage, Some(key)).await? {
            Some(released) => is_replay &= released.is_replay,
            None => return Ok(None),
        }
    }
    Ok(Some(Answered { what: (), is_replay }))
}

/// Whether it may have been refused only because the first request with the key has claimed the seats, or freed them. In this
/// order: what is claimed no more has the key.
async fn is_known(
    context: &Context,
    user: UserId,
    tickets: &Tickets,
    key: RequestKey,
) -> Result<bool, ReleaseError> {
    let is_claimed = !inspect(context, user, tickets).await?.under_way.is_empty();
    Ok(is_claimed || is_decided(context, tickets, key).await?)
}

fn refusal_of(released: &Result<bool, ReleaseError>) -> Option<Refusal> {
    match released {
        Err(ReleaseError::NotYours) => Some(Refusal::NotYours),
        Err(ReleaseError::NotReserved) => Some(Refusal::NotReserved),
        _ => None,
    }
}

/// Keeps a refusal at the first of the events; false if the key came before.
async fn keep(
    context: &Context,
    user: UserId,
    tickets: &Tickets,
    refusal: Refusal,
    key: RequestKey,
) -> Result<bool, ReleaseError> {
    let Some((event, _)) = tickets.by_event().next() else { return Ok(true) };
    Ok(!context.holds.keep_refusal(event, user, refusal, key).await?.is_replay)
}

/// Claims all of the tickets and frees them, those of the first event first. False if the key had been decided on there, maybe while
/// this request was late: then nothing is done.
async fn release(
    context: &Context,
    user: UserId,
    tickets: &Tickets,
    key: Option<RequestKey>,
) -> Result<bool, ReleaseError> {
    inspect(context, user, tickets).await?.all_held()?;
    let attempt = Attempt::new(context);
    attempt.claim(user, tickets).await.map_err(|why| match why {
        NotClaimed::NotLoaded => ReleaseError::NotReserved,
        NotClaimed::Refused(event, states) => refusal(event, &states, user).into(),
        NotClaimed::Failed(failure) => failure.into(),
    })?;
    let mut events = tickets.by_event();
    let Some((first, seats)) = events.next() else { return Ok(true) };
    if !free(context, &attempt, user, first, &seats, key).await? {
        attempt.restore(tickets).await;
        return Ok(false);
    }
    let freeing = events.map(async |(event, seats)| {
        if free(context, &attempt, user, event, &seats, key).await? {
            return Ok(());
        }
        // Somebody has finished it there, and what was claimed is a hold of a later time.
        attempt.restore(&seats.iter().map(|seat| event.ticket(*seat)).collect()).await;
        let Some(key) = key else { return Ok(()) };
        match context.holds.answered(event, key).await.map_err(Failure::after_some_effect)? {
            Some(Released::OtherRequest) => Err(ReleaseError::OtherRequest),
            _ => Ok(()),
        }
    });
    concurrently(freeing).await.into_iter().collect::<Result<(), ReleaseError>>()?;
    Ok(true)
}

/// Frees the seats of one event, which the attempt has claimed. False, and nothing is freed, if the event has the key already.
async fn free(
    context: &Context,
    attempt: &Attempt<'_>,
    user: UserId,
    event: EventId,
    seats: &[SeatNumber],
    key: Option<RequestKey>,
) -> Result<bool, ReleaseError> {
    let freed = attempt.free(event, seats, key).await.map_err(Failure::after_some_effect)?;
    let missed: Vec<SeatNumber> = seats.iter().copied().filter(|seat| !freed.contains(seat)).collect();
    if missed.is_empty() {
        return Ok(true);
    }
    if let Some(key) = key
        && context.holds.answered(event, key).await.map_err(Failure::after_some_effect)?.is_some()
    {
        return Ok(false);
    }
    // The claims of these seats were ended by the janitor meanwhile, or lost. What it restored is held again, and is released now. The
    // user does not hold the rest any more, unless it was booked since: then half of the release is done.
    let triage = triage(context, user, event, &missed).await?;
    if !triage.under_way.is_empty() || release_held(context, user, event, &triage, key).await?.is_none() {
        return Err(half_done().into());
    }
    let owners = context.bookings.owners(&triage.to_ask()).await.map_err(Failure::after_some_effect)?;
    if owners.values().any(|owner| *owner == user) { Err(half_done().into()) } else { Ok(true) }
}

fn half_done() -> Failure {
    Failure::unknown(VALKEY, "some of the tickets changed while they were released")
}

async fn triage(
    context: &Context,
    user: UserId,
    event: EventId,
    seats: &[SeatNumber],
) -> Result<Triage, Failure> {
    let mut triage = Triage::default();
    match context.holds.inspect(event, seats).await.map_err(Failure::after_some_effect)? {
        Some(states) => triage.add(event, &states, user),
        None => triage.add_unseen(event, seats),
    }
    Ok(triage)
}

/// Releases what is held of the event, and keeps the key there even if nothing is. None if it is held no more.
async fn release_held(
    context: &Context,
    user: UserId,
    event: EventId,
    triage: &Triage,
    key: Option<RequestKey>,
) -> Result<Option<Answered<()>>, Failure> {
    let released = match (triage.held.by_event().next(), key) {
        (Some((_, seats)), key) => context.holds.release(event, user, &seats, key).await,
        (None, Some(key)) => context.holds.keep_released(event, user, key).await,
        (None, None) => return Ok(Some(Answered::now(()))),
    };
    let Answered { what, is_replay } = released.map_err(Failure::after_some_effect)?;
    Ok((what == Released::All).then_some(Answered { what: (), is_replay }))
}

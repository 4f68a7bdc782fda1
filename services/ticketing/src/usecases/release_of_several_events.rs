//! Release of tickets of several events. No script reaches several events, so all seats are claimed first, as for a booking that
//! will never be: a process that stops half-way leaves claims that the janitor restores.
//!
//! With an idempotency key each event keeps it with its own seats. Once one of them has it, all were claimed, and so a repeat
//! finishes what the first request began: it releases what is still held of the others, and what is not held any more is released.

use booked_failure::Failure;
use booked_idempotency::{Answered, RequestKey};
use booked_ids::{TicketId, UserId};
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

/// Tickets with a key, by what became of them when it came before.
#[derive(Default)]
struct Before {
    any_released: bool,
    left: Tickets,
}

/// Releases all tickets, or none.
pub(super) async fn release_of_several_events(
    context: &Context,
    user: UserId,
    tickets: &Tickets,
    key: Option<RequestKey>,
) -> Result<Answered<()>, ReleaseError> {
    let Some(key) = key else { return release(context, user, tickets, None).await.map(Answered::now) };
    let give_up = Instant::now() + context.contention.wait_max;
    loop {
        let before = before(context, tickets, key).await?;
        if before.left.is_empty() {
            return Ok(Answered::before(()));
        }
        let triage = inspect(context, user, &before.left).await?;
        if triage.under_way.is_empty() {
            let wanted = if before.any_released { triage.held } else { before.left };
            let released = release(context, user, &wanted, Some(key)).await;
            let Some(refusal) = refusal_of(&released) else { return released.map(Answered::now) };
            if !is_known(context, user, tickets, key).await?
                && keep(context, user, tickets, refusal, key).await?
            {
                return Err(refusal.into());
            }
        }
        // The first request with the key may be under way, or has just been.
        if Instant::now() >= give_up {
            return Err(Failure::repeated(VALKEY, "the tickets are being changed").into());
        }
        sleep(context.contention.poll).await;
    }
}

/// What the events say that have the key already.
async fn before(context: &Context, tickets: &Tickets, key: RequestKey) -> Result<Before, ReleaseError> {
    let looks = tickets.by_event().map(async |(event, seats)| {
        let answered = context.holds.answered(event, key).await;
        (event, seats, answered)
    });
    let mut before = Before::default();
    for (event, seats, answered) in concurrently(looks).await {
        match answered.map_err(Failure::harmless)? {
            None => seats.into_iter().for_each(|seat| before.left.insert(event.ticket(seat))),
            Some(Released::Refused(refusal)) => return Err(ReleaseError::Before(Box::new(refusal.into()))),
            Some(Released::OtherRequest) => return Err(ReleaseError::OtherRequest),
            Some(Released::All | Released::Unheld(_) | Released::NotLoaded) => before.any_released = true,
        }
    }
    Ok(before)
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
    Ok(is_claimed || before(context, tickets, key).await?.any_released)
}

fn refusal_of(released: &Result<(), ReleaseError>) -> Option<Refusal> {
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

async fn release(
    context: &Context,
    user: UserId,
    tickets: &Tickets,
    key: Option<RequestKey>,
) -> Result<(), ReleaseError> {
    if tickets.is_empty() {
        return Ok(());
    }
    inspect(context, user, tickets).await?.all_held()?;
    let attempt = Attempt::new(context);
    attempt.claim(user, tickets).await.map_err(|why| match why {
        NotClaimed::NotLoaded => ReleaseError::NotReserved,
        NotClaimed::Refused(event, states) => refusal(event, &states, user).into(),
        NotClaimed::Failed(failure) => failure.into(),
    })?;
    let freeing = tickets.by_event().map(async |(event, seats)| {
        let freed = attempt.free(event, &seats, key).await?;
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

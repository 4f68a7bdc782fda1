//! Book: held seats become sold. (1) Claim them in Valkey, at once on arrival, so that no time runs out under the booking;
//! (2) one transaction in Postgres, which refuses on its own; (3) finish in Valkey.
//!
//! The process may stop between any two steps and go on late. A claim carries its attempt, which is the booking's primary
//! key: a process that meets an overdue claim voids the attempt first, and then either the transaction or the void wins.

use std::{collections::HashMap, mem};

use booked_failure::Failure;
use booked_idempotency::RequestKey;
use booked_ids::{TicketId, UserId};
use tokio::time::{Instant, sleep};

use super::{
    Context,
    attempt::{Attempt, NotClaimed},
    concurrently::concurrently,
    without_unknown::without_unknown,
};
use crate::{
    domain::booking::{Refusal, Requested, Tickets, Triage},
    ports::{AttemptOutcome, Booked},
};

/// Bookings, as failures name them.
const BOOKINGS: &str = "booking";

/// Why a booking did not succeed.
#[derive(Clone, Debug, thiserror::Error)]
pub enum BookError {
    /// A ticket is held by or sold to somebody else.
    #[error("a ticket is somebody else's")]
    NotYours,
    /// A ticket is not held by the user, or no more.
    #[error("a ticket is not reserved")]
    NotReserved,
    /// An event was cancelled.
    #[error("an event was cancelled")]
    EventCancelled,
    /// The user would have more tickets of an event than one buyer may.
    #[error("one buyer may not have so many tickets of the event")]
    OverLimit,
    /// A dependency failed.
    #[error(transparent)]
    Failed(#[from] Failure),
}

/// What is left to book.
struct Remaining {
    all: Tickets,
    tickets: Tickets,
    /// The tickets must be inspected before they are claimed. The common path does without: tickets of one event, all held.
    must_inspect: bool,
    key: Option<RequestKey>,
}

/// What a round came to.
enum Round {
    Booked,
    /// The round has learned something; the next one may begin at once.
    Again,
    /// Another call is changing the same tickets.
    Contended,
}

/// Books all tickets, or none. What the user has booked already counts as done.
///
/// # Errors
///
/// See [`BookError`].
pub async fn book_tickets(
    context: &Context,
    user: UserId,
    requested: Requested,
    key: Option<RequestKey>,
) -> Result<(), BookError> {
    let Requested { tickets, any_unknown } = without_unknown(context, requested).await;
    if any_unknown {
        triage(context, user, &tickets).await?;
        return Err(BookError::NotReserved);
    }
    let must_inspect = tickets.by_event().count() > 1;
    let mut remaining = Remaining { all: tickets.clone(), tickets, must_inspect, key };
    let give_up = Instant::now() + context.contention.wait_max;
    loop {
        match book_remaining(context, user, &mut remaining, give_up).await? {
            Round::Booked => return Ok(()),
            Round::Again => {}
            Round::Contended if Instant::now() >= give_up => {
                let why = "a booking of the same tickets is still under way";
                return Err(Failure::unknown(BOOKINGS, why).into());
            }
            Round::Contended => sleep(context.contention.poll).await,
        }
    }
}

/// One round: inspect if necessary, claim, commit.
async fn book_remaining(
    context: &Context,
    user: UserId,
    remaining: &mut Remaining,
    give_up: Instant,
) -> Result<Round, BookError> {
    if remaining.must_inspect {
        let triage = triage(context, user, &remaining.tickets).await?;
        if !triage.under_way.is_empty() {
            return Ok(Round::Contended);
        }
        remaining.tickets = triage.held;
        if remaining.tickets.is_empty() {
            if is_confirmed(context, user, remaining).await? {
                return Ok(Round::Booked);
            }
            // Cancelled since it was inspected.
            remaining.tickets = remaining.all.clone();
            return Ok(Round::Contended);
        }
    }
    let attempt = Attempt::new(context);
    match attempt.claim(user, &remaining.tickets).await {
        Ok(()) => {}
        Err(NotClaimed::Failed(failure @ Failure::Unknown(_))) => {
            // A repeated booking needs no claim.
            let is_booked = is_confirmed(context, user, remaining).await.is_ok_and(|is_booked| is_booked);
            return if is_booked { Ok(Round::Booked) } else { Err(failure.into()) };
        }
        Err(_) => {
            let was_inspected = mem::replace(&mut remaining.must_inspect, true);
            return Ok(if was_inspected { Round::Contended } else { Round::Again });
        }
    }
    match commit(context, &attempt, user, remaining, give_up).await? {
        Committed::Booked => Ok(Round::Booked),
        Committed::PartlyOwned(owned) => {
            owned.into_iter().for_each(|ticket| remaining.tickets.remove(ticket));
            remaining.must_inspect = true;
            Ok(Round::Again)
        }
    }
}

/// Inspects all tickets, asks Postgres about those that the user does not hold, and refuses what must be refused.
async fn triage(context: &Context, user: UserId, tickets: &Tickets) -> Result<Triage, BookError> {
    let inspections = tickets.by_event().map(async |(event, seats)| {
        let found = context.holds.inspect(event, &seats).await;
        (event, seats, found)
    });
    let mut triage = Triage::default();
    let mut unavailable = None;
    for (event, seats, found) in concurrently(inspections).await {
        match found {
            Ok(Some(states)) => triage.add(event, &states, user),
            Ok(None) => triage.add_unseen(event, &seats),
            // A repeated booking needs no Valkey: perhaps Postgres knows all of them.
            Err(failure) => {
                triage.add_unseen(event, &seats);
                unavailable = Some(failure.harmless());
            }
        }
    }
    let to_ask = triage.to_ask();
    let owners = if to_ask.is_empty() { HashMap::new() } else { context.bookings.owners(&to_ask).await? };
    triage.decide(&owners, user).map_err(|refusal| match (refusal, unavailable) {
        (Refusal::NotYours, _) => BookError::NotYours,
        (Refusal::NotReserved, None) => BookError::NotReserved,
        (Refusal::NotReserved, Some(failure)) => failure.into(),
    })
}

/// Whether all tickets are the user's already, as safely as if they were booked now: what was inspected before was only
/// read.
async fn is_confirmed(context: &Context, user: UserId, remaining: &Remaining) -> Result<bool, Failure> {
    let tickets: Vec<TicketId> = remaining.all.iter().collect();
    context.bookings.confirm(user, &tickets, remaining.key).await
}

enum Committed {
    Booked,
    /// Nothing was booked, since these are the user's own already: Valkey had lost it.
    PartlyOwned(Vec<TicketId>),
}

async fn commit(
    context: &Context,
    attempt: &Attempt<'_>,
    user: UserId,
    remaining: &Remaining,
    give_up: Instant,
) -> Result<Committed, BookError> {
    let tickets = &remaining.tickets;
    let refusal = match book_between_others(context, attempt, user, remaining, give_up).await {
        Ok(Booked::Done) => {
            attempt.finish(user, tickets).await;
            return Ok(Committed::Booked);
        }
        Ok(Booked::Sold(owners)) => {
            attempt.restore_unsold(tickets, &owners).await;
            if owners.values().any(|owner| *owner != user) {
                return Err(BookError::NotYours);
            }
            return Ok(Committed::PartlyOwned(owners.into_keys().collect()));
        }
        Err(failure @ Failure::Unknown(_)) => return resolve(context, attempt, user, tickets, failure).await,
        Ok(Booked::Contended) => {
            let why = "other bookings of the same user are under way all the time";
            Failure::not_done(BOOKINGS, why).into()
        }
        Ok(Booked::NotForSale) => BookError::NotReserved,
        Ok(Booked::EventCancelled) => BookError::EventCancelled,
        Ok(Booked::OverLimit) => BookError::OverLimit,
        // The janitor was there first, and has restored the seats or will.
        Ok(Booked::Void) => Failure::not_done(BOOKINGS, "it took too long and was voided").into(),
        Err(failure) => failure.into(),
    };
    attempt.restore(tickets).await;
    Err(refusal)
}

/// Sends the attempt. If a limit of the buyer concerns it, and another booking of theirs is under way, nothing was written: so it
/// waits for its turn in this process and is sent again, with its claim, since a hold that was good on arrival is good still. Only
/// whose turn it is asks again and again until other replicas are through.
async fn book_between_others(
    context: &Context,
    attempt: &Attempt<'_>,
    user: UserId,
    remaining: &Remaining,
    give_up: Instant,
) -> Result<Booked, Failure> {
    let send = || context.bookings.book(attempt.id, user, &remaining.tickets, remaining.key);
    let mut booked = send().await?;
    if booked != Booked::Contended {
        return Ok(booked);
    }
    let turn = context.queues.bookings.turn(user, give_up).await;
    let _turn = turn.map_err(|error| Failure::not_done(BOOKINGS, error))?;
    loop {
        booked = send().await?;
        if booked != Booked::Contended || Instant::now() >= give_up {
            return Ok(booked);
        }
        sleep(context.contention.poll).await;
    }
}

/// The commit was not answered: the void asks what became of it, and settles it permanently. If that cannot be answered
/// either, the claim stays for the janitor.
async fn resolve(
    context: &Context,
    attempt: &Attempt<'_>,
    user: UserId,
    tickets: &Tickets,
    unanswered: Failure,
) -> Result<Committed, BookError> {
    match context.bookings.void_unless_booked(attempt.id).await {
        Ok(AttemptOutcome::Booked) => {
            attempt.finish(user, tickets).await;
            Ok(Committed::Booked)
        }
        Ok(AttemptOutcome::Void) => {
            attempt.restore(tickets).await;
            Err(unanswered.voided().into())
        }
        Err(failure) => Err(unanswered.while_doing(format_args!("{failure}, after")).into()),
    }
}

//! Book: held seats become sold. (1) Claim them in Valkey, at once on arrival, so that no time runs out under the booking;
//! (2) one transaction in Postgres, which refuses by itself; (3) finish in Valkey.
//!
//! The process may stop between any two steps and go on late. A claim carries its attempt, which is the booking's primary
//! key: whoever meets an overdue claim voids the attempt first, and then either the transaction or the void wins.

use std::collections::HashMap;

use booked_ids::{TicketId, UserId};
use tokio::time::{Instant, sleep};

use super::{Context, concurrently::concurrently, known_events::without_unknown};
use crate::{
    domain::{
        booking::{Refusal, Requested, Tickets, Triage},
        seat::AttemptId,
    },
    ports::{AttemptOutcome, Booked, Claimed, PoolFailure, Settlement, StoreFailure},
};

/// Why a booking did not succeed.
#[derive(Clone, Debug, thiserror::Error)]
pub enum BookError {
    /// A ticket is held by or sold to somebody else.
    #[error("a ticket is somebody else's")]
    NotYours,
    /// A ticket is not held by the user, or no more.
    #[error("a ticket is not reserved")]
    NotReserved,
    /// Nothing was done; it may be tried again.
    #[error("not available: {0}")]
    Unavailable(String),
    /// The database refused; nothing was done.
    #[error("the database refused: {0}")]
    Refused(String),
    /// It may have been done.
    #[error("the outcome is unknown: {0}")]
    Unknown(String),
}

/// Books all tickets, or none. What the user has booked already counts as done.
///
/// # Errors
///
/// See [`BookError`].
pub async fn book_tickets(context: &Context, user: UserId, requested: Requested) -> Result<(), BookError> {
    let requested = without_unknown(context, requested).await;
    let all = requested.tickets;
    if requested.any_unknown {
        sort(context, user, &all).await?;
        return Err(BookError::NotReserved);
    }
    let mut wanted = all.clone();
    let give_up = Instant::now() + context.contention.others;
    // The common path is one script: tickets of one event, all held.
    let mut inspected = wanted.by_event().count() > 1;
    loop {
        if inspected {
            let sorted = sort(context, user, &wanted).await?;
            if !sorted.under_way.is_empty() {
                wait_for_others(context, give_up).await?;
                continue;
            }
            wanted = sorted.held;
        }
        if wanted.is_empty() {
            if is_confirmed(context, user, &all).await? {
                return Ok(());
            }
            // Cancelled since it was looked at.
            wanted = all.clone();
            wait_for_others(context, give_up).await?;
            continue;
        }
        let attempt = match claim_all(context, user, &wanted).await {
            Ok(Some(attempt)) => attempt,
            Ok(None) => {
                if inspected {
                    wait_for_others(context, give_up).await?;
                }
                inspected = true;
                continue;
            }
            // A repeated booking needs no claim.
            Err(_) if is_confirmed(context, user, &all).await.is_ok_and(|is_booked| is_booked) => {
                return Ok(());
            }
            Err(why) => return Err(BookError::Unknown(why)),
        };
        match commit(context, attempt, user, &wanted).await? {
            Outcome::Booked => return Ok(()),
            Outcome::PartlyOwned(mine) => mine.into_iter().for_each(|ticket| wanted.remove(ticket)),
        }
        inspected = true;
    }
}

enum Outcome {
    Booked,
    /// Nothing was booked, since these are the user's own already: Valkey had lost it.
    PartlyOwned(Vec<TicketId>),
}

async fn wait_for_others(context: &Context, give_up: Instant) -> Result<(), BookError> {
    if Instant::now() >= give_up {
        return Err(BookError::Unknown("a booking of the same tickets is still under way".to_owned()));
    }
    sleep(context.contention.poll).await;
    Ok(())
}

/// Looks at all tickets, asks Postgres about those that the user does not hold, and refuses what must be refused.
async fn sort(context: &Context, user: UserId, tickets: &Tickets) -> Result<Triage, BookError> {
    let looks = tickets.by_event().map(async |(event, seats)| {
        let look = context.pool.inspect(event, &seats).await;
        (event, seats, look)
    });
    let mut sorted = Triage::default();
    let mut away = None;
    for (event, seats, look) in concurrently(looks).await {
        match look {
            Ok(Some(states)) => sorted.add(event, &states, user),
            Ok(None) => sorted.add_unseen(event, &seats),
            // A repeated booking needs no Valkey: perhaps Postgres knows all of them.
            Err(failure) => {
                sorted.add_unseen(event, &seats);
                away = Some(failure);
            }
        }
    }
    let to_ask = sorted.to_ask();
    let owners = if to_ask.is_empty() { HashMap::new() } else { context.store.owners(&to_ask).await? };
    sorted.decide(&owners, user).map_err(|refusal| match (refusal, away) {
        (Refusal::NotYours, _) => BookError::NotYours,
        (Refusal::NotReserved, None) => BookError::NotReserved,
        (Refusal::NotReserved, Some(failure)) => BookError::Unavailable(failure.to_string()),
    })
}

/// Claims all tickets under one new attempt, event by event in the order of ids; `None` where one refuses, and then none
/// is claimed.
///
/// # Errors
///
/// Why nobody knows whether all are.
async fn claim_all(context: &Context, user: UserId, tickets: &Tickets) -> Result<Option<AttemptId>, String> {
    let attempt = context.attempt();
    let mut claimed = Tickets::default();
    for (event, seats) in tickets.by_event() {
        match context.pool.claim(event, user, attempt, &seats).await {
            Ok(Claimed::All) => seats.iter().for_each(|seat| claimed.insert(event.ticket(*seat))),
            Ok(Claimed::Refused(_) | Claimed::NotLoaded) => {
                restore_hold(context, attempt, &claimed).await;
                return Ok(None);
            }
            // Only the first claim that fails is told apart from none: what was asked may have been done, and then the
            // janitor gives it back.
            Err(failure) => {
                restore_hold(context, attempt, &claimed).await;
                return match failure {
                    PoolFailure::Unavailable(_) => Ok(None),
                    PoolFailure::Unknown(why) => Err(why),
                };
            }
        }
    }
    Ok(Some(attempt))
}

/// Whether all tickets are the user's already, as safely as if they were booked now: what the looks before read was only
/// read.
async fn is_confirmed(context: &Context, user: UserId, tickets: &Tickets) -> Result<bool, BookError> {
    let tickets: Vec<TicketId> = tickets.iter().collect();
    context.store.confirm(user, &tickets).await.map_err(|failure| match failure {
        StoreFailure::Refused(why) => BookError::Refused(why),
        StoreFailure::Unavailable(why) => BookError::Unavailable(why),
        StoreFailure::Unknown(why) => BookError::Unknown(why),
    })
}

async fn commit(
    context: &Context,
    attempt: AttemptId,
    user: UserId,
    tickets: &Tickets,
) -> Result<Outcome, BookError> {
    match context.store.book(attempt, user, tickets).await {
        Ok(Booked::Done) => {
            finish(context, attempt, tickets).await;
            Ok(Outcome::Booked)
        }
        Ok(Booked::Sold(owners)) => {
            settle_sold(context, attempt, tickets, &owners).await;
            if owners.values().any(|owner| *owner != user) {
                return Err(BookError::NotYours);
            }
            Ok(Outcome::PartlyOwned(owners.into_keys().collect()))
        }
        Ok(Booked::NotForSale) => {
            restore_hold(context, attempt, tickets).await;
            Err(BookError::NotReserved)
        }
        // The janitor was there first, and has given the seats back or will.
        Ok(Booked::Void) => {
            restore_hold(context, attempt, tickets).await;
            Err(BookError::Unavailable("the booking took too long and was voided".to_owned()))
        }
        Err(StoreFailure::Unavailable(why)) => {
            restore_hold(context, attempt, tickets).await;
            Err(BookError::Unavailable(why))
        }
        Err(StoreFailure::Refused(why)) => {
            restore_hold(context, attempt, tickets).await;
            Err(BookError::Refused(why))
        }
        Err(StoreFailure::Unknown(why)) => resolve(context, attempt, tickets, why).await,
    }
}

/// The commit was not answered: the void asks what became of it, and settles it for good. Where that cannot be answered
/// either, the claim stays for the janitor.
async fn resolve(
    context: &Context,
    attempt: AttemptId,
    tickets: &Tickets,
    why: String,
) -> Result<Outcome, BookError> {
    match context.store.void_unless_booked(attempt).await {
        Ok(AttemptOutcome::Booked) => {
            finish(context, attempt, tickets).await;
            Ok(Outcome::Booked)
        }
        Ok(AttemptOutcome::Void) => {
            restore_hold(context, attempt, tickets).await;
            Err(BookError::Unavailable(why))
        }
        Err(failure) => Err(BookError::Unknown(format!("{why}; then: {failure}"))),
    }
}

/// Best effort, as the next two: what is left of the claim is the janitor's.
async fn finish(context: &Context, attempt: AttemptId, tickets: &Tickets) {
    let done = concurrently(
        tickets.by_event().map(async |(event, seats)| context.pool.finish(event, attempt, &seats).await),
    );
    warn_unsettled(done.await);
}

async fn restore_hold(context: &Context, attempt: AttemptId, tickets: &Tickets) {
    let done = concurrently(
        tickets
            .by_event()
            .map(async |(event, seats)| context.pool.restore_hold(event, attempt, &seats).await),
    );
    warn_unsettled(done.await);
}

/// Seats that Postgres says are sold stay taken and lose the hold that Valkey should not have given; the others are given
/// back.
async fn settle_sold(
    context: &Context,
    attempt: AttemptId,
    tickets: &Tickets,
    owners: &HashMap<TicketId, UserId>,
) {
    let done = concurrently(tickets.by_event().map(async |(event, seats)| {
        let sold = seats.iter().filter(|seat| owners.contains_key(&event.ticket(**seat)));
        let sold: Vec<Settlement> = sold.map(|seat| Settlement { seat: *seat, sold: true }).collect();
        if !sold.is_empty() {
            context.pool.settle(event, attempt, &sold).await?;
        }
        context.pool.restore_hold(event, attempt, &seats).await
    }));
    warn_unsettled(done.await);
}

fn warn_unsettled(done: Vec<Result<u32, PoolFailure>>) {
    for failure in done.into_iter().filter_map(Result::err) {
        tracing::warn!(%failure, "a claim is left to the janitor");
    }
}

impl From<StoreFailure> for BookError {
    /// Of a read: nothing was done.
    fn from(failure: StoreFailure) -> Self {
        match failure {
            StoreFailure::Refused(why) => Self::Refused(why),
            StoreFailure::Unavailable(why) | StoreFailure::Unknown(why) => Self::Unavailable(why),
        }
    }
}

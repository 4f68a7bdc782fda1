//! How tickets are cancelled, whichever they are: (1) claim their seats in Valkey, those that can be; (2) one transaction that
//! cancels exactly these, or none; (3) settle the claim. These are a round; if it finds that the user's tickets have changed,
//! another one follows.
//!
//! Seats that could not be claimed (another's claim, Valkey away) are cancelled all the same; their bits wait for the
//! reconciler. The claims of several events are ended each on its own, by what Postgres says of that event: whoever ends
//! them, and whenever, finds that all are cancelled or none.

use std::collections::BTreeMap;

use booked_failure::Failure;
use booked_idempotency::RequestKey;
use booked_ids::{EventId, SeatNumber, UserId};
use tokio::time::{Instant, sleep};

use super::{
    Context,
    attempt::{Attempt, warn_unsettled},
    concurrently::concurrently,
};
use crate::{
    domain::booking::Tickets,
    ports::{Cancelled, Selection},
};

/// The cancels of one user, as failures name them.
pub(super) const CANCELS: &str = "the cancels of the user";

/// Seats that are claimed.
type Claimed = BTreeMap<EventId, Vec<SeatNumber>>;

/// One round: cancels exactly these tickets, or none. False if they are no longer the user's, or no longer the latest: then the
/// user's tickets are to be read again for another round, for which this has waited already.
pub(super) async fn cancel_exactly(
    context: &Context,
    user: UserId,
    tickets: &Tickets,
    selection: Selection,
    key: Option<RequestKey>,
    give_up: Instant,
) -> Result<bool, Failure> {
    let attempt = Attempt::new(context);
    let claimed = claim(&attempt, user, tickets).await;
    match cancel_between_others(context, user, tickets, selection, key, give_up).await {
        Ok(Cancelled::Done) => {
            free(&attempt, claimed).await;
            return Ok(true);
        }
        // The claim stays for the janitor: what the other one leaves is not known yet.
        Ok(Cancelled::Contended) => {
            return Err(Failure::not_done(CANCELS, "another cancel of the user takes long"));
        }
        Ok(Cancelled::Changed) => drop_claim(&attempt, claimed).await,
        Err(refused @ (Failure::Refused(..) | Failure::Repeated(_))) => {
            drop_claim(&attempt, claimed).await;
            return Err(refused);
        }
        // The claim stays for the janitor, who asks Postgres when it answers.
        Err(failure) => return Err(failure),
    }
    if Instant::now() >= give_up {
        return Err(Failure::not_done(CANCELS, "the user's tickets change all the time"));
    }
    sleep(context.contention.poll).await;
    Ok(false)
}

/// Another replica may be cancelling for the same user: until it is through this one tries again, with nothing in hand but
/// its claim.
async fn cancel_between_others(
    context: &Context,
    user: UserId,
    tickets: &Tickets,
    selection: Selection,
    key: Option<RequestKey>,
    give_up: Instant,
) -> Result<Cancelled, Failure> {
    loop {
        let cancelled = context.bookings.cancel(user, tickets, selection, key).await?;
        if cancelled != Cancelled::Contended || Instant::now() >= give_up {
            return Ok(cancelled);
        }
        sleep(context.contention.poll).await;
    }
}

async fn claim(attempt: &Attempt<'_>, user: UserId, tickets: &Tickets) -> Claimed {
    let claims = tickets
        .by_event()
        .map(async |(event, seats)| (event, attempt.claim_to_cancel(user, event, &seats).await));
    concurrently(claims).await.into_iter().filter(|(_, seats)| !seats.is_empty()).collect()
}

/// The tickets are cancelled: their seats become free.
async fn free(attempt: &Attempt<'_>, claimed: Claimed) {
    let freed = claimed.into_iter().map(async |(event, seats)| attempt.free(event, &seats, None).await);
    concurrently(freed).await.into_iter().for_each(warn_unsettled);
}

/// Nothing was cancelled under this claim. But while it stood, another cancel of the same tickets may have come through
/// without one, and then nobody else frees their seats: so Postgres is asked.
async fn drop_claim(attempt: &Attempt<'_>, claimed: Claimed) {
    let settled = claimed.into_iter().map(async |(event, seats)| attempt.settle(event, &seats).await);
    concurrently(settled).await.into_iter().for_each(warn_unsettled);
}

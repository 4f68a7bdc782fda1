//! An attempt: seats that are claimed under one id, and how their claims end.
//!
//! Booking, releasing and cancelling claim seats first, and end the claims by what Postgres decided. Whatever an attempt
//! leaves behind, because its process stopped or Valkey did not answer, the janitor settles in its name.

use std::collections::HashMap;

use booked_failure::Failure;
use booked_idempotency::RequestKey;
use booked_ids::{EventId, SeatNumber, TicketId, UserId};

use super::{Context, SCRIPT_SEATS, concurrently::concurrently};
use crate::{
    domain::{
        booking::Tickets,
        seat::{AttemptId, SeatStates},
    },
    ports::{Claimed, Settlement},
};

/// One attempt at changing seats.
pub(super) struct Attempt<'a> {
    context: &'a Context,
    pub(super) id: AttemptId,
}

/// Why the seats are not claimed. None of the attempt's claims is left, unless Valkey did not answer.
pub(super) enum NotClaimed {
    /// Seats of this event are not held by the user.
    Refused(EventId, SeatStates),
    /// The inventory of an event is not loaded.
    NotLoaded,
    /// Valkey failed.
    Failed(Failure),
}

/// Seats whose claims were ended.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Settled {
    /// Sold in Postgres: they stay taken.
    pub finished: u32,
    /// Not booked after all: they are held as before, or free if that time has passed.
    pub restored: u32,
    /// Cancelled, or never sold: they are free.
    pub freed: u32,
}

impl<'a> Attempt<'a> {
    /// A new attempt.
    pub(super) fn new(context: &'a Context) -> Self {
        Self::of(context, AttemptId(context.random.uuid()))
    }

    /// The attempt of another process, whose claims are overdue.
    pub(super) fn of(context: &'a Context, id: AttemptId) -> Self {
        Self { context, id }
    }

    /// Claims all of these tickets for booking, event by event in the order of ids; the user must hold them.
    ///
    /// # Errors
    ///
    /// See [`NotClaimed`].
    pub(super) async fn claim(&self, user: UserId, tickets: &Tickets) -> Result<(), NotClaimed> {
        let mut claimed = Tickets::default();
        for (event, seats) in tickets.by_event() {
            let why = match self.context.claims.claim(event, user, self.id, &seats).await {
                Ok(Claimed::All) => {
                    seats.iter().for_each(|seat| claimed.insert(event.ticket(*seat)));
                    continue;
                }
                Ok(Claimed::Refused(states)) => NotClaimed::Refused(event, states),
                Ok(Claimed::NotLoaded) => NotClaimed::NotLoaded,
                // If it is unknown whether these seats were claimed, the janitor restores them.
                Err(failure) => NotClaimed::Failed(failure),
            };
            self.restore(&claimed).await;
            return Err(why);
        }
        Ok(())
    }

    /// Claims those of the seats that look sold, for a cancel, and says which. Seats that cannot be claimed are cancelled all
    /// the same, and the reconciler frees them.
    pub(super) async fn claim_to_cancel(
        &self,
        user: UserId,
        event: EventId,
        seats: &[SeatNumber],
    ) -> Vec<SeatNumber> {
        let mut claimed = Vec::new();
        for seats in seats.chunks(SCRIPT_SEATS) {
            match self.context.claims.claim_sold(event, self.id, Some(user), seats).await {
                Ok(seats) => claimed.extend(seats),
                Err(failure) => {
                    tracing::warn!(%failure, "seats are cancelled without a claim; the reconciler frees them");
                    break;
                }
            }
        }
        claimed
    }

    /// The user's booking is committed: the seats stay taken. Best effort, as [`Self::restore`] is.
    pub(super) async fn finish(&self, user: UserId, tickets: &Tickets) {
        let finished = tickets
            .by_event()
            .map(async |(event, seats)| self.context.claims.finish(event, self.id, Some(user), &seats).await);
        concurrently(finished).await.into_iter().for_each(warn_unsettled);
    }

    /// The booking will never be: the seats are held as before, or free.
    pub(super) async fn restore(&self, tickets: &Tickets) {
        let restored = tickets
            .by_event()
            .map(async |(event, seats)| self.context.claims.restore_hold(event, self.id, &seats).await);
        concurrently(restored).await.into_iter().for_each(warn_unsettled);
    }

    /// The booking was refused: seats that Postgres says are sold stay taken and lose the hold that Valkey should not have
    /// given; the others are restored.
    pub(super) async fn restore_unsold(&self, tickets: &Tickets, owners: &HashMap<TicketId, UserId>) {
        let ended = tickets.by_event().map(async |(event, seats)| {
            let sold = seats.iter().filter(|seat| owners.contains_key(&event.ticket(**seat)));
            let sold: Vec<Settlement> = sold.map(|seat| Settlement { seat: *seat, sold: true }).collect();
            if !sold.is_empty() {
                self.context.claims.settle(event, self.id, &sold, None).await?;
            }
            self.context.claims.restore_hold(event, self.id, &seats).await
        });
        concurrently(ended).await.into_iter().for_each(warn_unsettled);
    }

    /// The seats become free, with the key of the request for which they do. Says which of them were still claimed by the attempt; the claim of the others was ended by the
    /// janitor, or lost.
    ///
    /// # Errors
    ///
    /// Valkey fails: the janitor settles what is left.
    pub(super) async fn free(
        &self,
        event: EventId,
        seats: &[SeatNumber],
        key: Option<RequestKey>,
    ) -> Result<Vec<SeatNumber>, Failure> {
        // With a key all at once, as many as a release may have: it is kept with all of them or none.
        let at_once = if key.is_some() { seats.len().max(1) } else { SCRIPT_SEATS };
        let mut freed = Vec::new();
        for seats in seats.chunks(at_once) {
            let unsold: Vec<Settlement> =
                seats.iter().map(|seat| Settlement { seat: *seat, sold: false }).collect();
            freed.extend(self.context.claims.settle(event, self.id, &unsold, key).await?);
        }
        Ok(freed)
    }

    /// Ends the claims by what Postgres says of the seats now, after they were claimed.
    ///
    /// # Errors
    ///
    /// Postgres or Valkey fails: the janitor settles what is left.
    pub(super) async fn settle(&self, event: EventId, seats: &[SeatNumber]) -> Result<Settled, Failure> {
        let sold = self.context.bookings.sold_among(event, seats).await?;
        let settlements: Vec<Settlement> =
            seats.iter().map(|seat| Settlement { seat: *seat, sold: sold.contains(seat) }).collect();
        let mut settled = Settled::default();
        for settlements in settlements.chunks(SCRIPT_SEATS) {
            for seat in self.context.claims.settle(event, self.id, settlements, None).await? {
                if sold.contains(&seat) { settled.finished += 1 } else { settled.freed += 1 }
            }
        }
        Ok(settled)
    }
}

impl Settled {
    /// All of them.
    #[must_use]
    pub fn total(self) -> u32 {
        self.finished + self.restored + self.freed
    }
}

/// A claim that could not be ended is the janitor's.
pub(super) fn warn_unsettled<T>(ended: Result<T, Failure>) {
    if let Err(failure) = ended {
        tracing::warn!(%failure, "a claim is left to the janitor");
    }
}

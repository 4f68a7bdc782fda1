//! What Postgres keeps about the sale: every function that takes `&mut self` is one transaction. That they may be
//! treated as atomic, including bookings that share one, is what the model [`postgres`](crate::postgres) shows. They
//! have the names of `ports/bookings.rs` and `ports/events.rs`.

use super::ids::{ATTEMPTS_MAX, AttemptId, EVENTS_MAX, SEATS_MAX, Seats, User, each, only, those};
use crate::guards::{Guard, Guards};

/// An attempt's row in `bookings`, if there is one.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) enum AttemptOutcome {
    #[default]
    Unsettled,
    Booked,
    Void,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Booked {
    Done,
    /// Some have an owner; which ones is asked afterwards.
    Sold(Seats),
    NotForSale,
    Void,
}

/// A row of `events`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) struct EventRow {
    pub(crate) deleted: bool,
    pub(crate) purged: bool,
    pub(crate) capacity: Seats,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) struct Store {
    pub(crate) events: [EventRow; EVENTS_MAX],
    pub(crate) owners: [Option<User>; SEATS_MAX],
    pub(crate) attempts: [AttemptOutcome; ATTEMPTS_MAX],
}

impl Store {
    pub(crate) fn sold(&self) -> Seats {
        those(|seat| self.owners[seat].is_some())
    }

    pub(crate) fn owned_by(&self, user: User) -> Seats {
        those(|seat| self.owners[seat] == Some(user))
    }

    pub(crate) fn outcome(&mut self, attempt: AttemptId) -> &mut AttemptOutcome {
        &mut self.attempts[usize::from(attempt)]
    }

    /// Books all seats, which belong to these events, or none. The checks have the order of `book.rs`.
    pub(crate) fn book(
        &mut self,
        attempt: AttemptId,
        user: User,
        seats: Seats,
        events: impl Iterator<Item = usize>,
        guards: Guards,
    ) -> Booked {
        let mut for_sale = 0;
        for row in events.map(|event| self.events[event]) {
            let is_refused = row.deleted && guards.has(Guard::DeletedIsRefused);
            let capacity = if guards.has(Guard::CapacityIsRefused) { row.capacity } else { Seats::MAX };
            for_sale |= if is_refused { 0 } else { capacity };
        }
        if seats & !for_sale != 0 {
            return Booked::NotForSale;
        }
        if seats & self.sold() != 0 && guards.has(Guard::OneOwnerASeat) {
            return Booked::Sold(seats & self.sold());
        }
        if *self.outcome(attempt) != AttemptOutcome::Unsettled && guards.has(Guard::AttemptSettledOnce) {
            return Booked::Void;
        }
        *self.outcome(attempt) = AttemptOutcome::Booked;
        each(seats).for_each(|seat| self.owners[seat] = Some(user));
        Booked::Done
    }

    /// Settles an attempt permanently, however late its own transaction may arrive.
    pub(crate) fn void_unless_booked(&mut self, attempt: AttemptId) -> AttemptOutcome {
        let outcome = self.outcome(attempt);
        if *outcome == AttemptOutcome::Unsettled {
            *outcome = AttemptOutcome::Void;
        }
        *outcome
    }

    /// Cancels exactly these seats of an event; `false` if the user no longer owns them.
    pub(crate) fn cancel(&mut self, event: usize, user: User, seats: Seats) -> bool {
        let granted = !self.events[event].deleted && self.owned_by(user) & seats == seats;
        if granted {
            each(seats).for_each(|seat| self.owners[seat] = None);
        }
        granted
    }

    /// Removes the event's rows; its seats are `all`.
    pub(crate) fn purge(&mut self, event: usize, all: Seats) {
        each(all).for_each(|seat| self.owners[seat] = None);
        self.events[event].purged = true;
    }

    /// What an inventory is loaded from; `all` are the event's seats.
    pub(crate) fn snapshot(&self, event: usize, all: Seats) -> Option<(Seats, Seats)> {
        let row = self.events[event];
        (!row.deleted).then_some((row.capacity, self.sold() & all))
    }

    /// Whether this seat of a live event is sold.
    pub(crate) fn is_sold(&self, seat: usize) -> bool {
        self.sold() & only(seat) != 0
    }
}

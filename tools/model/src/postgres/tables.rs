//! What is committed, and which guarantees were violated.

use crate::guards::{Guard, Guards};

/// Each user makes the booking of the same number.
pub(crate) type User = usize;
/// A set of seats.
pub(crate) type Seats = u8;
/// A set of attempts.
pub(crate) type Attempts = u8;

pub(super) const SEATS: usize = 2;
pub(super) const ALL_SEATS: Seats = 0b11;
pub(super) const ATTEMPTS: usize = 3;
/// The seats that each booking wants.
pub(super) const WANTED: [Seats; ATTEMPTS] = [0b11, 0b10, 0b01];

/// A row of `bookings`, if there is one.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub(super) enum AttemptOutcome {
    #[default]
    Unsettled,
    Booked,
    Void,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub(super) struct Tables {
    pub(super) deleted: bool,
    pub(super) purged: bool,
    /// The attempt that booked each ticket; its user has the same number.
    pub(super) tickets: [Option<usize>; SEATS],
    pub(super) attempts: [AttemptOutcome; ATTEMPTS],
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub(super) struct Database {
    pub(super) tables: Tables,
    pub(super) violations: Violations,
}

/// Rows that other transactions have written and not committed.
#[derive(Clone, Copy)]
pub(super) struct InDoubt {
    pub(super) attempts: Attempts,
    pub(super) tickets: Seats,
}

/// The guarantees that were violated.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub(super) struct Violations {
    pub(super) sold_twice: bool,
    pub(super) partly_booked: bool,
    pub(super) booked_after_void: bool,
    pub(super) affected_others: bool,
    pub(super) partly_cancelled: bool,
    pub(super) after_deletion: bool,
}

pub(super) fn seats(of: Seats) -> impl Iterator<Item = usize> {
    (0..SEATS).filter(move |seat| of & (1 << seat) != 0)
}

pub(super) fn attempts(of: Attempts) -> impl Iterator<Item = usize> {
    (0..ATTEMPTS).filter(move |attempt| of & (1 << attempt) != 0)
}

impl Tables {
    pub(super) fn sold(&self) -> Seats {
        (0..SEATS).filter(|seat| self.tickets[*seat].is_some()).fold(0, |sold, seat| sold | 1 << seat)
    }

    pub(super) fn owned_by(&self, user: User) -> Seats {
        let is_theirs = |seat: &usize| self.tickets[*seat] == Some(user);
        (0..SEATS).filter(is_theirs).fold(0, |owned, seat| owned | 1 << seat)
    }

    pub(super) fn purge(&mut self) -> Option<()> {
        self.purged = self.deleted.then_some(true)?;
        self.tickets = [None; SEATS];
        Some(())
    }

    /// Whether this booking is possible at this moment.
    pub(super) fn is_possible(&self, attempt: usize) -> bool {
        !self.deleted
            && self.attempts[attempt] == AttemptOutcome::Unsettled
            && WANTED[attempt] & self.sold() == 0
    }

    pub(super) fn write(
        &mut self,
        attempt: usize,
        written: Seats,
        violations: &mut Violations,
        guards: Guards,
    ) {
        violations.after_deletion |= self.deleted;
        violations.booked_after_void |= self.attempts[attempt] == AttemptOutcome::Void;
        violations.partly_booked |= written != WANTED[attempt];
        self.attempts[attempt] = AttemptOutcome::Booked;
        for seat in seats(written) {
            violations.sold_twice |= self.tickets[seat].is_some() && !guards.has(Guard::OneOwnerASeat);
            self.tickets[seat] = Some(attempt);
        }
    }
}

//! `outbound/postgres/cancel.rs`: locks and the check of what is the user's latest, then the rows go and it is committed.

use super::{
    Database, Transaction,
    tables::{Seats, User, seats},
};
use crate::guards::{Guard, Guards};

/// A cancel that has checked its seats.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) struct Cancel {
    user: User,
    seats: Seats,
}

impl Cancel {
    /// `None` where it waits, or finds the tickets changed.
    pub(super) fn begin(database: &Database, user: User, seats: Seats, guards: Guards) -> Option<Self> {
        let is_same = |other: &Transaction| matches!(other, Transaction::Cancel(it) if it.user == user);
        let waits = database.under_way.iter().flatten().any(is_same) && guards.has(Guard::CancelsInTurn);
        let tables = &database.tables;
        let may = !tables.deleted && tables.owned_by(user) & seats == seats;
        Some(Self { user, seats }).filter(|_| may && !waits)
    }

    pub(super) fn shares_event(&self, guards: Guards) -> bool {
        guards.has(Guard::CancelLocksEvent)
    }

    pub(super) fn commit(self, database: &mut Database) {
        let gone = database.tables.owned_by(self.user) & self.seats;
        if gone == 0 {
            return;
        }
        seats(gone).for_each(|seat| database.tables.tickets[seat] = None);
        database.violations.partly_cancelled |= gone != self.seats;
        database.violations.after_deletion |= database.tables.deleted;
    }
}

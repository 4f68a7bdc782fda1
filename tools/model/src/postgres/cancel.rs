//! `outbound/postgres/cancel.rs`: locks and checks the tickets, the user's latest or chosen ones, then removes the rows and
//! commits. The statement there removes all rows or none, even if another cancel took no turn; the model leaves that out, so that
//! the turn must be enough.

use super::tables::{Database, Seats, Tables, User, seats};
use crate::guards::{Guard, Guards};

/// A cancel that has checked its seats.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) struct Cancel {
    pub(super) user: User,
    seats: Seats,
}

impl Cancel {
    /// `None` if the user does not own these seats now.
    pub(super) fn begin(tables: &Tables, user: User, seats: Seats) -> Option<Self> {
        let may_cancel = !tables.deleted && tables.owned_by(user) & seats == seats;
        Some(Self { user, seats }).filter(|_| may_cancel)
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

//! What was promised to whom, which no part of the system keeps, and the properties that say whether it was kept.

use super::{
    ids::{SEATS_MAX, Seats, User, each, only, those},
    rules::Rules,
    seat::Hold,
    world::World,
};
use crate::guards::Guard;

/// What the properties speak of and no part of the system knows.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) struct Guarantees {
    /// Whose hold of the seat was granted, has not expired and was neither released nor booked.
    pub(crate) held: [Option<User>; SEATS_MAX],
    /// Whose bookings of the seat were committed and not cancelled by that user; a set of users. Every committed booking
    /// counts as acknowledged, which is more than was promised.
    pub(crate) owners: [u8; SEATS_MAX],
    /// Sold by a booking whose claim Valkey had lost, and not yet known to Valkey. There are none without a loss.
    pub(crate) orphaned: Seats,
    /// Valkey has lost its newest writes; it may do so once.
    pub(crate) lost_newest: bool,
    /// Guarantees that a step has broken, and that the state does not show.
    pub(crate) violations: Violations,
}

/// One flag a promise that a step can break.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) struct Violations {
    /// Somebody's good hold was refused because the seat was sold.
    pub(crate) good_hold_refused: bool,
    /// A booking that was refused, or answered "nothing was done", is in the books.
    pub(crate) refused_but_sold: bool,
    /// Something of a deleted event was sold after the deletion.
    pub(crate) sold_after_deletion: bool,
    /// A release was answered "released", and a seat of it is held still.
    pub(crate) released_but_held: bool,
    /// Seats that were on sale in a map are so no more.
    pub(crate) shrunk: bool,
}

impl World {
    /// No seat has two owners, and each keeps its owner until that owner cancels or the event is deleted.
    pub(crate) fn owners_are_safe(&self, rules: Rules) -> bool {
        each(self.live_seats(rules)).all(|seat| {
            let owner = self.store.owners[seat].map_or(0, |user| 1 << user);
            self.guarantees.owners[seat] == owner
        })
    }

    /// A sold seat is never offered; after a loss, none but an orphan.
    pub(crate) fn sold_is_taken(&self, rules: Rules) -> bool {
        each(self.live_seats(rules) & self.store.sold() & !self.guarantees.orphaned).all(|seat| {
            !self.valkey.inventories[rules.event_of(seat)].loaded || self.valkey.seats[seat].taken
        })
    }

    /// A granted hold can be booked until it expires: it is there, or kept by a claim that will give it back.
    pub(crate) fn holds_are_kept(&self) -> bool {
        let is_kept = |seat: usize| {
            let state = &self.valkey.seats[seat];
            let is_good = |hold: Hold, user| hold.user == user && !hold.has_expired && state.taken;
            self.guarantees.held[seat]
                .is_none_or(|user| state.any_hold().is_some_and(|hold| is_good(hold, user)))
        };
        !self.guarantees.violations.good_hold_refused && (0..SEATS_MAX).all(is_kept)
    }

    /// From here, the jobs alone put everything right: every promise is whole and no claim is left; and when the last
    /// holds have run out, Valkey says exactly what Postgres says, so every seat that nobody owns is free.
    pub(crate) fn recovers(&self, rules: Rules) -> bool {
        let recovered = self.recovered(rules);
        let is_whole =
            recovered.owners_are_safe(rules) && recovered.sold_is_taken(rules) && recovered.holds_are_kept();
        let mut quiescent = recovered;
        quiescent.let_holds_expire(rules);
        is_whole
            && recovered.has_no_claim()
            && quiescent.owners_are_safe(rules)
            && quiescent.is_quiescent(rules)
    }

    fn has_no_claim(&self) -> bool {
        self.valkey.seats.iter().all(|state| state.claim.is_none())
    }

    fn is_quiescent(&self, rules: Rules) -> bool {
        let says_the_same = |event: usize| {
            let (inventory, row, seats) =
                (self.valkey.inventories[event], self.store.events[event], rules.seats_of(event));
            let taken = those(|seat| self.valkey.seats[seat].taken) & seats;
            let sold = self.store.sold() & seats;
            match row.deleted {
                true => row.purged && !inventory.loaded && taken == 0 && sold == 0,
                false => inventory.loaded && inventory.capacity == row.capacity && taken == sold,
            }
        };
        rules.events().all(says_the_same) && self.valkey.seats.iter().all(|state| state.hold.is_none())
    }

    /// The pair and the claim exclude one another, either needs the bit, and the count is that of the bits.
    pub(crate) fn is_well_formed(&self, rules: Rules) -> bool {
        let is_sound = |seat: usize| {
            let state = &self.valkey.seats[seat];
            let is_used = state.hold.is_some() || state.claim.is_some();
            !(state.hold.is_some() && state.claim.is_some()) && (state.taken || !is_used)
        };
        let counts = |event: usize| {
            let taken = each(rules.seats_of(event)).filter(|seat| self.valkey.seats[*seat].taken).count();
            usize::from(self.valkey.inventories[event].counted) == taken
        };
        each(rules.all_seats()).all(is_sound) && rules.events().all(counts)
    }

    /// Nothing of an event is left in Valkey once it is purged.
    pub(crate) fn purged_is_gone(&self, rules: Rules) -> bool {
        let is_gone =
            |event: usize| !self.store.events[event].purged || !self.valkey.inventories[event].loaded;
        self.guarantees.lost_newest || rules.events().all(is_gone)
    }

    /// The seats of the events that are not deleted.
    fn live_seats(&self, rules: Rules) -> Seats {
        let live = rules.events().filter(|event| !self.store.events[*event].deleted);
        live.fold(0, |seats, event| seats | rules.seats_of(event))
    }

    /// After every step: an orphan that Valkey shows as sold is none any more.
    pub(crate) fn adopt_orphans(&mut self, rules: Rules) {
        let is_known = |seat: usize| {
            self.valkey.inventories[rules.event_of(seat)].loaded && self.valkey.seats[seat].looks_sold()
        };
        let known = each(self.guarantees.orphaned).filter(|seat| is_known(*seat));
        self.guarantees.orphaned &= !known.fold(0, |seats, seat| seats | only(seat));
    }

    /// A release is over. What it could not free is held still, unless the answer says that nobody knows.
    pub(crate) fn released(&mut self, missed: Seats, rules: Rules) {
        self.guarantees.violations.released_but_held |=
            missed != 0 && !rules.has(Guard::ReleaseCountsSettled);
    }

    // That the model reaches what it is about.

    /// Nobody is at work, yet a seat that nobody owns looks sold.
    pub(crate) fn a_seat_waits_for_the_reconciler(&self) -> bool {
        self.processes.iter().all(Option::is_none)
            && each(!self.store.sold()).any(|seat| self.valkey.seats[seat].looks_sold())
    }

    /// After a loss a sold seat is offered for a moment.
    pub(crate) fn an_orphan_is_offered(&self, rules: Rules) -> bool {
        each(self.guarantees.orphaned).any(|seat| {
            self.valkey.inventories[rules.event_of(seat)].loaded && !self.valkey.seats[seat].taken
        })
    }
}

//! What must hold in every state.

use super::{
    ids::{SEATS_MAX, Seats, each, those},
    rules::Rules,
    seat::Hold,
    state::State,
    world::World,
};

impl State {
    /// From here the jobs alone repair everything: every guarantee holds and no claim is left. When the last holds have
    /// expired too, Valkey says exactly what Postgres says, so every seat that nobody owns is free.
    pub(crate) fn recovers(&self, rules: Rules) -> bool {
        let recovered = self.recovered(rules);
        let mut quiescent = recovered;
        quiescent.let_holds_expire(rules);
        recovered.owners_are_safe(rules)
            && recovered.sold_is_taken(rules)
            && recovered.holds_are_kept()
            && recovered.has_no_claim()
            && quiescent.owners_are_safe(rules)
            && quiescent.is_quiescent(rules)
    }

    /// No process runs, and yet a seat that nobody owns looks sold.
    pub(crate) fn a_seat_waits_for_the_reconciler(&self) -> bool {
        let Self { world, processes } = self;
        processes.iter().all(Option::is_none)
            && each(!world.store.sold()).any(|seat| world.valkey.seats[seat].looks_sold())
    }
}

impl World {
    /// No seat has two owners, and each keeps its owner until that owner cancels or the event is deleted.
    pub(crate) fn owners_are_safe(&self, rules: Rules) -> bool {
        each(self.live_seats(rules)).all(|seat| {
            let owner = self.store.owners[seat].map_or(0, |user| 1 << user);
            self.guarantees.owners[seat] == owner
        })
    }

    /// A sold seat is never offered, except an orphan after a loss.
    pub(crate) fn sold_is_taken(&self, rules: Rules) -> bool {
        each(self.live_seats(rules) & self.store.sold() & !self.guarantees.orphaned).all(|seat| {
            !self.valkey.inventories[rules.event_of(seat)].loaded || self.valkey.seats[seat].taken
        })
    }

    /// A granted hold can be booked until it expires: it is there, or kept by a claim that will restore it.
    pub(crate) fn holds_are_kept(&self) -> bool {
        let is_kept = |seat: usize| {
            let state = &self.valkey.seats[seat];
            let is_valid = |hold: Hold, user| hold.user == user && !hold.has_expired && state.taken;
            self.guarantees.held[seat]
                .is_none_or(|user| state.any_hold().is_some_and(|hold| is_valid(hold, user)))
        };
        !self.guarantees.violations.valid_hold_refused && (0..SEATS_MAX).all(is_kept)
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

    /// A seat has no hold and claim at once, either needs the bit, and the count is the number of set bits.
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

    /// After a loss a sold seat is offered for a moment.
    pub(crate) fn an_orphan_is_offered(&self, rules: Rules) -> bool {
        each(self.guarantees.orphaned).any(|seat| {
            self.valkey.inventories[rules.event_of(seat)].loaded && !self.valkey.seats[seat].taken
        })
    }
}

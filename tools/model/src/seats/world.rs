//! Valkey, Postgres, and what was guaranteed to whom; and the steps on which the guarantees depend.

use super::{
    guarantees::Guarantees,
    ids::{AttemptId, Expiry, SEATS_MAX, Seats, Symmetry, User, each, only, those},
    rules::Rules,
    seat::ClaimKind,
    store::{Booked, EventRow, Store},
    valkey::{Inventory, Valkey},
};
use crate::guards::Guard;

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) struct World {
    pub(crate) valkey: Valkey,
    /// A replica of Valkey that has fallen behind and may take over.
    pub(crate) replica: Option<Valkey>,
    pub(crate) store: Store,
    pub(crate) guarantees: Guarantees,
}

impl World {
    pub(crate) fn new(rules: Rules, on_sale: Seats, is_loaded: bool) -> Self {
        let mut world = Self::default();
        for event in rules.events() {
            let capacity = on_sale & rules.seats_of(event);
            world.store.events[event] = EventRow { capacity, ..EventRow::default() };
            if is_loaded {
                world.valkey.inventories[event] =
                    Inventory { loaded: true, capacity, ..Inventory::default() };
            }
        }
        world
    }

    // Scripts, for seats that all belong to one event

    pub(crate) fn reserve(
        &mut self,
        user: User,
        seats: Seats,
        expires: [Expiry; SEATS_MAX],
        rules: Rules,
    ) -> Option<()> {
        let event = each(seats).next().map(|seat| rules.event_of(seat))?;
        let all = rules.seats_of(event);
        self.valkey.reserve(event, all, user, seats, expires, rules.guards).then_some(())?;
        // A hold of a seat that is sold (after a loss), or of a deleted event, is worthless from the start.
        let is_live = !self.store.events[event].deleted;
        for seat in each(seats & !self.store.sold()).filter(|_| is_live) {
            self.guarantees.held[seat] = Some(user);
        }
        Some(())
    }

    pub(crate) fn release(&mut self, user: User, seats: Seats, rules: Rules) -> Option<()> {
        let event = each(seats).next().map(|seat| rules.event_of(seat))?;
        self.valkey.release(event, user, seats).then_some(())?;
        each(seats).for_each(|seat| self.guarantees.held[seat] = None);
        Some(())
    }

    pub(crate) fn claim(&mut self, user: User, attempt: AttemptId, seats: Seats, rules: Rules) -> bool {
        let event = each(seats).next().map(|seat| rules.event_of(seat));
        event.is_some_and(|event| self.valkey.claim(event, user, attempt, seats, rules.guards))
    }

    pub(crate) fn finish(&mut self, attempt: AttemptId, seats: Seats, rules: Rules) {
        self.valkey.finish(attempt, seats, rules.guards);
    }

    pub(crate) fn restore_hold(&mut self, attempt: AttemptId, seats: Seats, rules: Rules) {
        for event in rules.events_of(seats) {
            self.valkey.restore_hold(event, attempt, seats & rules.seats_of(event), rules.guards);
        }
    }

    pub(crate) fn claim_sold(
        &mut self,
        attempt: AttemptId,
        kind: ClaimKind,
        seats: Seats,
        rules: Rules,
    ) -> Seats {
        let event = each(seats).next().map(|seat| rules.event_of(seat));
        event.map_or(0, |event| self.valkey.claim_sold(event, attempt, kind, seats, rules.guards))
    }

    pub(crate) fn settle(&mut self, attempt: AttemptId, seats: Seats, sold: Seats, rules: Rules) -> Seats {
        let event = each(seats).next().map(|seat| rules.event_of(seat));
        event.map_or(0, |event| self.valkey.settle(event, attempt, seats, sold, rules.guards))
    }

    /// Settles claimed seats as unsold because their user releases them.
    pub(crate) fn release_claimed(
        &mut self,
        user: User,
        attempt: AttemptId,
        seats: Seats,
        rules: Rules,
    ) -> Seats {
        let freed = self.settle(attempt, seats, 0, rules);
        for seat in each(freed & self.valid_holds(user)) {
            self.guarantees.held[seat] = None;
        }
        freed
    }

    pub(crate) fn clear_unclaimed(&mut self, seats: Seats, rules: Rules) {
        for event in rules.events_of(seats) {
            self.valkey.clear_unclaimed(event, seats & rules.seats_of(event));
        }
    }

    pub(crate) fn drop_event(&mut self, event: usize, rules: Rules) {
        self.valkey.drop_event(event, rules.seats_of(event), rules.guards);
    }

    pub(crate) fn grow(&mut self, event: usize, capacity: Seats, rules: Rules) {
        let before = self.valkey.inventories[event];
        self.valkey.grow(event, capacity, rules.guards);
        self.guarantees.violations.shrunk |=
            before.loaded && self.valkey.inventories[event].capacity < before.capacity;
    }

    /// The seats of which the user has a granted hold that is still valid.
    pub(crate) fn valid_holds(&self, user: User) -> Seats {
        those(|seat| self.guarantees.held[seat] == Some(user))
    }

    // Transactions

    pub(crate) fn book(&mut self, attempt: AttemptId, user: User, seats: Seats, rules: Rules) -> Booked {
        let claimed = self.valkey.claimed_by(attempt);
        let booked = self.store.book(attempt, user, seats, rules.events_of(seats), rules.guards);
        match booked {
            Booked::Done => {
                for seat in each(seats) {
                    self.guarantees.owners[seat] |= 1 << user;
                    let held = self.guarantees.held[seat].take();
                    let is_anothers = claimed & only(seat) != 0 && held.is_some_and(|it| it != user);
                    self.guarantees.violations.valid_hold_refused |= is_anothers;
                }
                self.guarantees.orphaned |= seats & !claimed;
                let mut rows = rules.events_of(seats).map(|event| self.store.events[event]);
                self.guarantees.violations.sold_after_deletion |= rows.any(|row| row.deleted);
            }
            // Excused only by a loss of this booking's claim, or of the owner's.
            Booked::Sold(sold) => {
                self.guarantees.violations.valid_hold_refused |=
                    sold & claimed & !self.guarantees.orphaned != 0;
            }
            Booked::NotForSale | Booked::Void => {}
        }
        booked
    }

    pub(crate) fn cancel(&mut self, user: User, seats: Seats, rules: Rules) -> bool {
        let event = each(seats).next().map(|seat| rules.event_of(seat));
        let is_done = event.is_some_and(|event| self.store.cancel(event, user, seats));
        if is_done {
            each(seats).for_each(|seat| self.guarantees.owners[seat] &= !(1 << user));
            self.guarantees.orphaned &= !seats;
        }
        is_done
    }

    pub(crate) fn delete(&mut self, event: usize, rules: Rules) {
        self.store.events[event].deleted = true;
        for seat in each(rules.seats_of(event)) {
            self.guarantees.held[seat] = None;
            self.guarantees.orphaned &= !only(seat);
        }
    }

    // What happens to Valkey

    /// The time of a seat's hold passes.
    pub(crate) fn expire(&mut self, seat: usize) {
        if let Some(hold) = self.valkey.seats[seat].any_hold_mut() {
            hold.has_expired = true;
        }
        self.guarantees.held[seat] = None;
    }

    /// All keys of an event are lost, with a cluster's node or with everything.
    pub(crate) fn lose_inventory(&mut self, event: usize, rules: Rules) {
        self.valkey.inventories[event] = Inventory::default();
        for seat in each(rules.seats_of(event)) {
            self.valkey.seats[seat] = Default::default();
            self.guarantees.held[seat] = None;
            // Everything that is sold now will be in the snapshot of the next load.
            self.guarantees.orphaned &= !only(seat);
        }
    }

    /// The newest writes are lost, however many.
    pub(crate) fn fail_over(&mut self) -> Option<()> {
        self.valkey = self.replica.take()?;
        self.guarantees.held = Default::default();
        // Until Valkey shows them as sold.
        self.guarantees.orphaned = self.store.sold();
        self.guarantees.lost_newest = true;
        Some(())
    }

    /// After every step: an orphan that Valkey shows as sold is no longer an orphan.
    pub(crate) fn adopt_orphans(&mut self, rules: Rules) {
        let is_known = |seat: usize| {
            self.valkey.inventories[rules.event_of(seat)].loaded && self.valkey.seats[seat].looks_sold()
        };
        let known = each(self.guarantees.orphaned).filter(|seat| is_known(*seat));
        self.guarantees.orphaned &= !known.fold(0, |seats, seat| seats | only(seat));
    }

    /// A release is over. What it missed is still held, unless the answer says that its outcome is unknown.
    pub(crate) fn released(&mut self, missed: Seats, rules: Rules) {
        self.guarantees.violations.released_but_held |=
            missed != 0 && !rules.has(Guard::ReleaseCountsSettled);
    }

    // Ids

    /// The attempts that a claim mentions.
    pub(crate) fn claiming_attempts(&self) -> impl Iterator<Item = AttemptId> + '_ {
        let seats = std::iter::once(&self.valkey).chain(&self.replica).flat_map(|valkey| valkey.seats.iter());
        seats.filter_map(|state| state.claim.map(|claim| claim.attempt))
    }

    pub(crate) fn map_ids(&mut self, symmetry: &mut impl Symmetry) {
        self.valkey.map_ids(symmetry);
        if let Some(replica) = &mut self.replica {
            replica.map_ids(symmetry);
        }
    }
}

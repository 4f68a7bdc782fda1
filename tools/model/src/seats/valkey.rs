//! What Valkey keeps, and its scripts: every function that takes `&mut self` is one script on one event, that is, one
//! atomic step. They have the names of `outbound/valkey/*.lua`; `seats` always belong to that one event.

use super::{
    ids::{AttemptId, EVENTS_MAX, Expiry, LeaseNonce, SEATS_MAX, Seats, Symmetry, User, each, only, those},
    seat::{Claim, ClaimKind, Hold, SeatState},
};
use crate::guards::{Guard, Guards};

/// The key `load`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) enum Lease {
    Load(LeaseNonce),
    /// Set by dropping the event.
    Deleted,
}

/// The keys of one event, without its seats.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) struct Inventory {
    pub(crate) loaded: bool,
    pub(crate) lease: Option<Lease>,
    /// `capacity` of `meta`: the seats that may be reserved.
    pub(crate) capacity: Seats,
    /// `taken` of `meta`: how many bits are supposed to be set.
    pub(crate) counted: u8,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) struct Valkey {
    pub(crate) inventories: [Inventory; EVENTS_MAX],
    pub(crate) seats: [SeatState; SEATS_MAX],
}

/// What the reconciler read about a seat that it may repair.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) enum AsRead {
    Free,
    Held(Expiry),
}

impl Valkey {
    pub(crate) fn claimed_by(&self, attempt: AttemptId) -> Seats {
        those(|seat| self.seats[seat].claim.is_some_and(|claim| claim.attempt == attempt))
    }

    /// The seats that a script which ends claims may touch.
    fn in_reach(&self, seats: Seats, attempt: AttemptId, guard: Guard, guards: Guards) -> Seats {
        if guards.has(guard) { seats & self.claimed_by(attempt) } else { seats }
    }

    /// Sets or clears a bit, and counts by its previous value.
    fn set_taken(&mut self, event: usize, seat: usize, taken: bool) {
        let before = std::mem::replace(&mut self.seats[seat].taken, taken);
        let counted = &mut self.inventories[event].counted;
        *counted = counted.wrapping_add(u8::from(taken)).wrapping_sub(u8::from(before));
    }

    fn free(&mut self, event: usize, seat: usize) {
        self.seats[seat].hold = None;
        self.set_taken(event, seat, false);
    }

    /// `expire_holds` of the prelude.
    pub(crate) fn expire_holds(&mut self, event: usize, seats: Seats, guards: Guards) {
        if !self.inventories[event].loaded {
            return;
        }
        for seat in each(seats) {
            let state = &self.seats[seat];
            let hold = if guards.has(Guard::ClaimEndsTheClock) { state.hold } else { state.any_hold() };
            if hold.is_some_and(|hold| hold.has_expired) {
                self.free(event, seat);
            }
        }
    }

    /// Which of the free seats a reservation gets is not modeled: the caller chooses. `all` are the event's seats.
    pub(crate) fn reserve(
        &mut self,
        event: usize,
        all: Seats,
        user: User,
        seats: Seats,
        expires: [Expiry; SEATS_MAX],
        guards: Guards,
    ) -> bool {
        if !self.inventories[event].loaded {
            if guards.has(Guard::ReserveNeedsInventory) {
                return false;
            }
            self.inventories[event] = Inventory { loaded: true, capacity: all, ..self.inventories[event] };
        }
        // The script does this only if seats are short; otherwise the janitor may have done it just before.
        self.expire_holds(event, all, guards);
        let inventory = self.inventories[event];
        let are_free = seats & !inventory.capacity == 0 && each(seats).all(|seat| !self.seats[seat].taken);
        let enough = u32::from(inventory.counted) + seats.count_ones() <= inventory.capacity.count_ones();
        if !are_free || !enough {
            return false;
        }
        for seat in each(seats) {
            self.set_taken(event, seat, true);
            self.seats[seat].hold = Some(Hold { user, expires: expires[seat], has_expired: false });
        }
        true
    }

    pub(crate) fn release(&mut self, event: usize, user: User, seats: Seats) -> bool {
        let granted =
            self.inventories[event].loaded && each(seats).all(|seat| self.seats[seat].is_held_by(user));
        if granted {
            each(seats).for_each(|seat| self.free(event, seat));
        }
        granted
    }

    pub(crate) fn claim(
        &mut self,
        event: usize,
        user: User,
        attempt: AttemptId,
        seats: Seats,
        guards: Guards,
    ) -> bool {
        let may = |seat: usize| {
            let state = &self.seats[seat];
            state.is_held_by(user) || (!guards.has(Guard::ClaimNeedsOwnHold) && state.hold.is_some())
        };
        let granted = self.inventories[event].loaded && each(seats).all(may);
        if granted {
            for seat in each(seats) {
                let state = &mut self.seats[seat];
                state.claim = Some(Claim { attempt, kind: ClaimKind::Book, hold: state.hold.take() });
            }
        }
        granted
    }

    pub(crate) fn finish(&mut self, attempt: AttemptId, seats: Seats, guards: Guards) {
        for seat in each(self.in_reach(seats, attempt, Guard::FinishByAttempt, guards)) {
            let state = &mut self.seats[seat];
            *state = SeatState { taken: state.taken, ..SeatState::default() };
        }
    }

    pub(crate) fn restore_hold(&mut self, event: usize, attempt: AttemptId, seats: Seats, guards: Guards) {
        if !self.inventories[event].loaded {
            return;
        }
        for seat in each(self.in_reach(seats, attempt, Guard::RestoreByAttempt, guards)) {
            let kept = self.seats[seat].any_hold().filter(|hold| !hold.has_expired);
            self.seats[seat].claim = None;
            match kept {
                Some(_) => self.seats[seat].hold = kept,
                None => self.free(event, seat),
            }
        }
    }

    /// Claims the seats that look sold, and returns them.
    pub(crate) fn claim_sold(
        &mut self,
        event: usize,
        attempt: AttemptId,
        kind: ClaimKind,
        seats: Seats,
        guards: Guards,
    ) -> Seats {
        let may = |seat: &usize| {
            let state = &self.seats[*seat];
            let has_lapsed = state.hold.is_some_and(|hold| hold.has_expired) && state.claim.is_none();
            self.inventories[event].loaded
                && (state.looks_sold()
                    || (state.taken && !guards.has(Guard::ClaimSoldLooks))
                    || (state.taken && has_lapsed && !guards.has(Guard::ExpiredHoldIsHeld)))
        };
        let mine = each(seats).filter(may).fold(0, |mine, seat| mine | only(seat));
        for seat in each(mine) {
            // If a guard is off, a hold may stay a member of `holds` despite the claim.
            self.seats[seat].claim = Some(Claim { attempt, kind, hold: None });
        }
        mine
    }

    /// Ends the attempt's claims by what Postgres said about each seat, and returns the seats.
    pub(crate) fn settle(
        &mut self,
        event: usize,
        attempt: AttemptId,
        seats: Seats,
        sold: Seats,
        guards: Guards,
    ) -> Seats {
        if !self.inventories[event].loaded {
            return 0;
        }
        let mine = self.in_reach(seats, attempt, Guard::SettleByAttempt, guards);
        for seat in each(mine) {
            let state = &mut self.seats[seat];
            *state = SeatState { taken: state.taken, ..SeatState::default() };
            if sold & only(seat) == 0 {
                self.free(event, seat);
            }
        }
        mine
    }

    /// Frees seats that look sold, without a claim: what cancel and reconciler would do if they had no claims.
    pub(crate) fn clear_unclaimed(&mut self, event: usize, seats: Seats) {
        if !self.inventories[event].loaded {
            return;
        }
        for seat in each(seats) {
            if self.seats[seat].looks_sold() {
                self.free(event, seat);
            }
        }
    }

    /// `inspect.lua`, for a repair: none if the seat is claimed, looks sold, or is not loaded.
    pub(crate) fn inspect_for_repair(&self, event: usize, seat: usize) -> Option<AsRead> {
        let state = &self.seats[seat];
        match state.hold {
            _ if !self.inventories[event].loaded || state.claim.is_some() || state.looks_sold() => None,
            Some(hold) => Some(AsRead::Held(hold.expires)),
            None => Some(AsRead::Free),
        }
    }

    pub(crate) fn repair(&mut self, event: usize, seat: usize, as_read: AsRead, guards: Guards) {
        if !self.inventories[event].loaded {
            if guards.has(Guard::RepairNeedsInventory) {
                return;
            }
            self.inventories[event] =
                Inventory { loaded: true, capacity: only(seat), ..self.inventories[event] };
        }
        let state = &self.seats[seat];
        let still = match (as_read, state.hold) {
            (AsRead::Free, None) => !state.taken,
            (AsRead::Held(expires), Some(hold)) => hold.expires == expires,
            _ => false,
        };
        if state.claim.is_some() || (guards.has(Guard::RepairAsRead) && !still) {
            return;
        }
        if state.taken && !guards.has(Guard::CountBySetbit) {
            self.inventories[event].counted += 1;
        }
        self.seats[seat].hold = None;
        self.set_taken(event, seat, true);
    }

    pub(crate) fn grow(&mut self, event: usize, capacity: Seats, guards: Guards) {
        let inventory = &mut self.inventories[event];
        if !inventory.loaded {
            if guards.has(Guard::GrowNeedsInventory) {
                return;
            }
            inventory.loaded = true;
        }
        if capacity > inventory.capacity || !guards.has(Guard::GrowOnlyRises) {
            inventory.capacity = capacity;
        }
    }

    /// Without the guard a load under way keeps its lease.
    pub(crate) fn drop_event(&mut self, event: usize, seats: Seats, guards: Guards) {
        let lease = match guards.has(Guard::DropEndsLease) {
            true => Some(Lease::Deleted).filter(|_| guards.has(Guard::DropKeepsLease)),
            false => self.inventories[event].lease,
        };
        self.inventories[event] = Inventory { lease, ..Inventory::default() };
        each(seats).for_each(|seat| self.seats[seat] = SeatState::default());
    }

    pub(crate) fn acquire_load(&mut self, event: usize, nonce: LeaseNonce) -> bool {
        let lease = &mut self.inventories[event].lease;
        let granted = lease.is_none();
        if granted {
            *lease = Some(Lease::Load(nonce));
        }
        granted
    }

    /// `all` are the event's seats.
    pub(crate) fn publish(
        &mut self,
        event: usize,
        all: Seats,
        nonce: LeaseNonce,
        capacity: Seats,
        sold: Seats,
        guards: Guards,
    ) {
        let inventory = &mut self.inventories[event];
        let is_mine = inventory.lease == Some(Lease::Load(nonce));
        if guards.has(Guard::PublishNeedsLease) && !is_mine {
            return;
        }
        if is_mine {
            inventory.lease = None;
        }
        if inventory.loaded && guards.has(Guard::PublishNeedsNoInventory) {
            return;
        }
        *inventory = Inventory { loaded: true, lease: inventory.lease, capacity, counted: 0 };
        for seat in each(all) {
            self.seats[seat] = SeatState::default();
            self.set_taken(event, seat, sold & only(seat) != 0);
        }
    }

    pub(crate) fn map_ids(&mut self, symmetry: &mut impl Symmetry) {
        for inventory in &mut self.inventories {
            symmetry.seats(&mut inventory.capacity);
            if let Some(Lease::Load(nonce)) = &mut inventory.lease {
                symmetry.nonce(nonce);
            }
        }
        for (seat, state) in self.seats.iter_mut().enumerate() {
            state.map_ids(seat, symmetry);
        }
    }
}

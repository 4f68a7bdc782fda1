//! The sale: seats, holds and claims in Valkey, tickets and attempts in Postgres, and every use case that changes them.
//!
//! Read `ids`, `seat`, `valkey` and `store` for the parts, then the use cases, which have the names of the code,
//! `properties` for what must hold, and this file for what may happen next.

mod book_tickets;
mod cancel_tickets;
mod canonical;
mod choice;
mod guarantees;
mod ids;
mod jobs;
mod late_claim;
mod load_inventory;
mod process;
mod properties;
mod purge_deleted;
mod reconcile_seats;
mod release_tickets;
mod rules;
mod seat;
mod settle_overdue;
mod state;
mod store;
mod valkey;
mod world;

use stateright::{Model, Property};

pub use self::{choice::Choice, rules::Layout, state::State};

use self::{
    book_tickets::BookTickets,
    cancel_tickets::CancelTickets,
    ids::{PROCESSES_MAX, Seats, USERS, User, each},
    load_inventory::LoadInventory,
    process::Process,
    purge_deleted::PurgeDeleted,
    reconcile_seats::{CheckSeat, RepairSeat},
    release_tickets::ReleaseTickets,
    rules::Rules,
    settle_overdue::SettleOverdue,
    world::World,
};
use crate::guards::Guards;

/// How large the sale is, and which faults may happen. Use cases begin without limit; only the number of those that run
/// or are late at the same time is bounded.
#[derive(Clone, Copy, Debug)]
pub struct Sale {
    /// The guards that are on.
    pub guards: Guards,
    /// Events and their seats.
    pub layout: Layout,
    /// How many use cases run concurrently, 4 at most.
    pub processes: usize,
    /// Whether the events' inventories are loaded at the beginning.
    pub begins_loaded: bool,
    /// Inventories are loaded, as is necessary if they may be lost.
    pub loads: bool,
    /// Valkey may lose everything about an event, any number of times.
    pub loses_all: bool,
    /// Valkey may lose its newest writes, once.
    pub loses_newest: bool,
    /// Events may be deleted.
    pub deletes: bool,
    /// The second seat goes on sale later.
    pub grows: bool,
    /// Explores only one of the states that differ by ids alone. Without it, histories are easier to read.
    pub symmetric: bool,
}

/// What may happen next.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Action {
    Reserve(User, Seats),
    Release(User, Seats),
    ReleaseOfSeveralEvents(User, Seats),
    Book(User, Seats),
    Cancel(User, Seats),
    /// The time of a seat's hold passes.
    Expire(usize),
    ExpireHolds(usize),
    /// A job that runs step by step …
    SettleOverdue(usize),
    CheckSeat(usize),
    RepairSeat(usize),
    LoadInventory(usize),
    PurgeDeleted(usize),
    /// … or as a whole, which needs no slot.
    SettleOverdueAsOne(usize),
    ReconcileAsOne(usize),
    LoadAsOne(usize),
    PurgeAsOne(usize),
    DropDeletedInventory(usize),
    /// The feed says that an event was deleted, or has grown; and the script that follows, however late.
    Delete(usize),
    Grow,
    GrowInventory(Seats),
    /// The process in this slot takes a step.
    Step(usize, Choice),
    LeaseEnds(usize),
    /// Valkey loses everything about an event.
    LoseInventory(usize),
    /// A replica falls behind, and takes over.
    FallBehind,
    TakeOver,
}

impl Sale {
    /// A sale with all guards, in which the only fault is that processes stop and are late.
    #[must_use]
    pub const fn new(layout: Layout, processes: usize) -> Self {
        Self {
            guards: Guards::All,
            layout,
            processes,
            begins_loaded: true,
            loads: false,
            loses_all: false,
            loses_newest: false,
            deletes: false,
            grows: false,
            symmetric: true,
        }
    }

    fn rules(&self) -> Rules {
        Rules { guards: self.guards, layout: self.layout }
    }

    /// Whether seats differ only by their number.
    fn seats_are_alike(&self) -> bool {
        matches!(self.layout, Layout::OneEvent(2)) && !self.grows
    }

    fn act(&self, state: &mut State, action: Action) -> Option<()> {
        let rules = self.rules();
        let world = &mut state.world;
        match action {
            Action::Reserve(user, seats) => state.reserve(user, seats, rules)?,
            Action::Release(user, seats) => world.release(user, seats, rules)?,
            Action::ReleaseOfSeveralEvents(user, seats) => {
                let attempt = state.new_attempt()?;
                let release = ReleaseTickets::begin(&mut state.world, attempt, user, seats, rules)?;
                state.start(Process::Release(release))?;
            }
            Action::Book(user, seats) => {
                let attempt = state.new_attempt()?;
                let booking = BookTickets::begin(&mut state.world, attempt, user, seats, rules)?;
                state.start(Process::Book(booking))?;
            }
            Action::Cancel(user, seats) => {
                let attempt = state.new_attempt()?;
                let cancel = CancelTickets::begin(&state.world, attempt, user, seats, rules)?;
                state.start(Process::Cancel(cancel))?;
            }
            Action::Expire(seat) => world.expire(seat),
            Action::ExpireHolds(event) => {
                world.valkey.expire_holds(event, rules.seats_of(event), rules.guards)
            }
            Action::SettleOverdue(seat) => {
                let janitor = SettleOverdue::begin(world, seat, rules)?;
                state.start(Process::Settle(janitor))?;
            }
            Action::CheckSeat(seat) => {
                let attempt = state.new_attempt()?;
                let check = CheckSeat::begin(&mut state.world, attempt, seat, rules)?;
                state.start(Process::Check(check))?;
            }
            Action::RepairSeat(seat) => {
                let repair = RepairSeat::begin(world, seat, rules)?;
                state.start(Process::Repair(repair))?;
            }
            Action::LoadInventory(event) => {
                let nonce = state.unused_nonce()?;
                let load = LoadInventory::begin(&mut state.world, nonce, event, rules)?;
                state.start(Process::Load(load))?;
            }
            Action::PurgeDeleted(event) => {
                let purge = PurgeDeleted::begin(world, event, rules)?;
                state.start(Process::Purge(purge))?;
            }
            Action::SettleOverdueAsOne(seat) => state.settle_overdue(seat, rules)?,
            Action::ReconcileAsOne(seat) => state.reconcile_seat(seat, rules),
            Action::LoadAsOne(event) => state.load_inventory(event, rules)?,
            Action::PurgeAsOne(event) => world.purge_deleted(event, rules)?,
            Action::DropDeletedInventory(event) => world.drop_deleted_inventory(event, rules),
            Action::Delete(event) => world.delete(event, rules),
            Action::Grow => world.store.events[0].capacity = rules.all_seats(),
            Action::GrowInventory(capacity) => world.grow(0, capacity, rules),
            Action::Step(slot, choice) => {
                let process = state.processes[slot].take()?;
                if let Some(late) = process.late_claim(choice, rules) {
                    state.start(late)?;
                }
                if let Some(next) = process.step(&mut state.world, choice, rules) {
                    state.start(next)?;
                }
            }
            Action::LeaseEnds(event) => world.valkey.inventories[event].lease = None,
            Action::LoseInventory(event) => world.lose_inventory(event, rules),
            Action::FallBehind => world.replica = Some(world.valkey),
            Action::TakeOver => world.fail_over()?,
        }
        Some(())
    }

    fn actions_of_users(&self, actions: &mut Vec<Action>) {
        let rules = self.rules();
        for user in 0..USERS {
            for seats in 1..=rules.all_seats() {
                actions.push(Action::Book(user, seats));
                if rules.first_event(seats) == seats {
                    actions.push(Action::Reserve(user, seats));
                    actions.push(Action::Release(user, seats));
                    actions.push(Action::Cancel(user, seats));
                } else {
                    actions.push(Action::ReleaseOfSeveralEvents(user, seats));
                }
            }
        }
    }

    fn actions_of_jobs(&self, world: &World, actions: &mut Vec<Action>) {
        let rules = self.rules();
        for seat in each(rules.all_seats()) {
            actions.push(Action::SettleOverdue(seat));
            actions.push(Action::SettleOverdueAsOne(seat));
            actions.push(Action::CheckSeat(seat));
            actions.push(Action::RepairSeat(seat));
            actions.push(Action::ReconcileAsOne(seat));
        }
        for event in rules.events() {
            actions.push(Action::ExpireHolds(event));
            if self.loads {
                actions.push(Action::LoadInventory(event));
                actions.push(Action::LoadAsOne(event));
                actions.push(Action::LeaseEnds(event));
            }
            if self.deletes {
                actions.push(Action::PurgeDeleted(event));
                actions.push(Action::PurgeAsOne(event));
                actions.push(Action::DropDeletedInventory(event));
            }
        }
        if self.grows {
            // A process that has read a capacity may apply it late.
            actions.extend(
                (1..=world.store.events[0].capacity).filter(|set| *set != 2).map(Action::GrowInventory),
            );
        }
    }

    fn faults(&self, state: &State, actions: &mut Vec<Action>) {
        let rules = self.rules();
        let State { world, processes } = state;
        for seat in each(rules.all_seats()) {
            if world.valkey.seats[seat].any_hold().is_some_and(|hold| !hold.has_expired) {
                actions.push(Action::Expire(seat));
            }
        }
        for (slot, process) in processes.iter().enumerate() {
            for choice in process.iter().flat_map(|process| process.choices(rules)) {
                actions.push(Action::Step(slot, *choice));
            }
        }
        for event in rules.events() {
            if self.deletes && !world.store.events[event].deleted {
                actions.push(Action::Delete(event));
            }
            if self.loses_all {
                actions.push(Action::LoseInventory(event));
            }
        }
        if self.grows {
            actions.push(Action::Grow);
        }
        if self.loses_newest && !world.guarantees.lost_newest {
            actions.push(if world.replica.is_none() { Action::FallBehind } else { Action::TakeOver });
        }
    }
}

impl Model for Sale {
    type State = State;
    type Action = Action;

    fn init_states(&self) -> Vec<State> {
        let rules = self.rules();
        let on_sale = if self.grows { 1 } else { rules.all_seats() };
        let world = World::new(rules, on_sale, self.begins_loaded);
        vec![State { world, ..State::default() }]
    }

    fn actions(&self, state: &State, actions: &mut Vec<Action>) {
        self.actions_of_users(actions);
        self.actions_of_jobs(&state.world, actions);
        self.faults(state, actions);
    }

    fn next_state(&self, last: &State, action: Action) -> Option<State> {
        let mut state = *last;
        self.act(&mut state, action)?;
        state.world.adopt_orphans(self.rules());
        let running = state.processes.iter().flatten().count();
        if running > self.processes.min(PROCESSES_MAX) {
            return None;
        }
        if self.symmetric {
            state = state.canonical(self.seats_are_alike());
        }
        Some(state).filter(|state| state != last)
    }

    fn properties(&self) -> Vec<Property<Self>> {
        let mut properties = vec![
            Property::always(
                "no seat has two owners, and each keeps its owner",
                |sale: &Self, state: &State| state.world.owners_are_safe(sale.rules()),
            ),
            Property::always("a sold seat is never offered", |sale: &Self, state: &State| {
                state.world.sold_is_taken(sale.rules())
            }),
            Property::always("a granted hold can be booked", |_, state: &State| state.world.holds_are_kept()),
            Property::always("what is refused is not sold", |_, state: &State| {
                !state.world.guarantees.violations.refused_but_sold
            }),
            Property::always("what was released is free", |_, state: &State| {
                !state.world.guarantees.violations.released_but_held
            }),
            Property::always(
                "every seat that nobody owns, holds or settles becomes free",
                |sale: &Self, state: &State| state.recovers(sale.rules()),
            ),
            Property::always("what Valkey keeps is well-formed", |sale: &Self, state: &State| {
                state.world.is_well_formed(sale.rules())
            }),
        ];
        if self.deletes {
            properties.push(Property::always("after a deletion nothing is sold", |_, state: &State| {
                !state.world.guarantees.violations.sold_after_deletion
            }));
            properties
                .push(Property::always("nothing of a purged event is left", |sale: &Self, state: &State| {
                    state.world.purged_is_gone(sale.rules())
                }));
        }
        if self.grows {
            properties.push(Property::always("what is on sale stays on sale", |_, state: &State| {
                !state.world.guarantees.violations.shrunk
            }));
        }
        properties.push(Property::sometimes("a seat waits for the reconciler", |_, state: &State| {
            state.a_seat_waits_for_the_reconciler()
        }));
        if self.loses_all || self.loses_newest {
            properties.push(Property::sometimes(
                "a sold seat is offered after a loss",
                |sale: &Self, state: &State| state.world.an_orphan_is_offered(sale.rules()),
            ));
        }
        properties
    }
}

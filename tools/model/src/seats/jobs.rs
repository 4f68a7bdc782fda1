//! The jobs, each run through at once from any state: the properties are about what they leave behind.

use super::{
    choice::Choice,
    ids::each,
    load_inventory::LoadInventory,
    process::Process,
    purge_deleted::PurgeDeleted,
    reconcile_seats::{CheckSeat, RepairSeat},
    rules::Rules,
    settle_overdue::SettleOverdue,
    state::State,
    world::World,
};
use crate::guards::Guard;

impl State {
    pub(crate) fn settle_overdue(&mut self, seat: usize, rules: Rules) -> Option<()> {
        let janitor = SettleOverdue::begin(&self.world, seat, rules)?;
        self.world.run(Process::Settle(janitor), rules);
        Some(())
    }

    /// A visit of the reconciler, as far as this seat is concerned.
    pub(crate) fn reconcile_seat(&mut self, seat: usize, rules: Rules) {
        let attempt = self.new_attempt();
        if let Some(check) = attempt.and_then(|it| CheckSeat::begin(&mut self.world, it, seat, rules)) {
            self.world.run(Process::Check(check), rules);
        }
        if let Some(repair) = RepairSeat::begin(&self.world, seat, rules) {
            self.world.run(Process::Repair(repair), rules);
        }
    }

    pub(crate) fn load_inventory(&mut self, event: usize, rules: Rules) -> Option<()> {
        let nonce = self.unused_nonce()?;
        let load = LoadInventory::begin(&mut self.world, nonce, event, rules)?;
        self.world.run(Process::Load(load), rules);
        Some(())
    }

    /// What a round of all jobs leaves behind: purge, load, janitor, reconciler.
    pub(crate) fn recovered(&self, rules: Rules) -> World {
        let mut state = *self;
        for event in rules.events() {
            state.world.purge_deleted(event, rules);
            state.world.drop_deleted_inventory(event, rules);
            let row = state.world.store.events[event];
            if row.deleted {
                continue;
            }
            state.world.valkey.inventories[event].lease = None; // it expires
            if !state.world.valkey.inventories[event].loaded {
                state.load_inventory(event, rules);
            }
            if rules.has(Guard::ReconcilerGrows) {
                state.world.grow(event, row.capacity, rules);
            }
        }
        for seat in each(rules.all_seats()) {
            state.settle_overdue(seat, rules);
        }
        for seat in each(rules.all_seats()) {
            if !state.world.store.events[rules.event_of(seat)].deleted {
                state.reconcile_seat(seat, rules);
            }
        }
        state.world
    }
}

impl World {
    /// Runs a process to its end, with nothing in between.
    fn run(&mut self, process: Process, rules: Rules) {
        let mut next = Some(process);
        while let Some(process) = next {
            next = process.step(self, Choice::Proceed, rules);
        }
        self.adopt_orphans(rules);
    }

    pub(crate) fn purge_deleted(&mut self, event: usize, rules: Rules) -> Option<()> {
        let purge = PurgeDeleted::begin(self, event, rules)?;
        self.run(Process::Purge(purge), rules);
        Some(())
    }

    /// What the janitor does about an event that it visits and that is not on sale.
    pub(crate) fn drop_deleted_inventory(&mut self, event: usize, rules: Rules) {
        let is_deleted = self.store.events[event].deleted && self.valkey.inventories[event].loaded;
        if is_deleted && rules.has(Guard::DeletedInventoryIsDropped) {
            self.drop_event(event, rules);
        }
    }

    /// All holds that are left expire, and their seats become free.
    pub(crate) fn let_holds_expire(&mut self, rules: Rules) {
        each(rules.all_seats()).for_each(|seat| self.expire(seat));
        for event in rules.events() {
            self.valkey.expire_holds(event, rules.seats_of(event), rules.guards);
        }
        self.adopt_orphans(rules);
    }
}

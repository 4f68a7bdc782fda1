//! The jobs, run through at once from any state: what they leave behind is what the properties ask about.

use super::{
    ids::each,
    load_inventory::LoadInventory,
    process::{Choice, Process},
    purge_deleted::PurgeDeleted,
    reconcile_seats::{CheckSeat, RepairSeat},
    rules::Rules,
    settle_overdue::SettleOverdue,
    world::World,
};
use crate::guards::Guard;

impl World {
    /// Runs a process to its end, with nothing in between.
    pub(crate) fn run(&mut self, process: Process, rules: Rules) {
        let mut next = Some(process);
        while let Some(process) = next {
            next = process.step(self, Choice::Proceed, rules);
        }
        self.adopt_orphans(rules);
    }

    pub(crate) fn settle_overdue(&mut self, seat: usize, rules: Rules) -> Option<()> {
        let janitor = SettleOverdue::begin(self, seat, rules)?;
        self.run(Process::Settle(janitor), rules);
        Some(())
    }

    /// A visit of the reconciler, as far as this seat is concerned.
    pub(crate) fn reconcile_seat(&mut self, seat: usize, rules: Rules) {
        if let Some(check) = CheckSeat::begin(self, seat, rules) {
            self.run(Process::Check(check), rules);
        }
        if let Some(repair) = RepairSeat::begin(self, seat, rules) {
            self.run(Process::Repair(repair), rules);
        }
    }

    pub(crate) fn load_inventory(&mut self, event: usize, rules: Rules) -> Option<()> {
        let load = LoadInventory::begin(self, event, rules)?;
        self.run(Process::Load(load), rules);
        Some(())
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

    /// A round of all jobs: purge, rebuild, janitor, reconciler.
    pub(crate) fn recovered(&self, rules: Rules) -> Self {
        let mut world = *self;
        for event in rules.events() {
            world.purge_deleted(event, rules);
            world.drop_deleted_inventory(event, rules);
            let row = world.store.events[event];
            if row.deleted {
                continue;
            }
            world.valkey.inventories[event].lease = None; // it ends by itself
            if !world.valkey.inventories[event].loaded {
                world.load_inventory(event, rules);
            }
            if rules.has(Guard::ReconcilerGrows) {
                world.grow(event, row.capacity, rules);
            }
        }
        for seat in each(rules.all_seats()) {
            world.settle_overdue(seat, rules);
        }
        for seat in each(rules.all_seats()) {
            if !world.store.events[rules.event_of(seat)].deleted {
                world.reconcile_seat(seat, rules);
            }
        }
        world
    }

    /// The holds that are left run out and are taken back.
    pub(crate) fn let_holds_expire(&mut self, rules: Rules) {
        each(rules.all_seats()).for_each(|seat| self.expire(seat));
        for event in rules.events() {
            self.valkey.expire_holds(event, rules.seats_of(event), rules.guards);
        }
        self.adopt_orphans(rules);
    }
}

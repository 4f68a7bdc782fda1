//! The jobs, run through at once from any state: what they leave behind is what the properties ask about.

use super::{
    names::each,
    process::{Process, Turn},
    purge_deleted::PurgeDeleted,
    rebuild_map::RebuildMap,
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
            next = process.step(self, Turn::Go, rules);
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

    pub(crate) fn rebuild_map(&mut self, event: usize, rules: Rules) -> Option<()> {
        let rebuild = RebuildMap::begin(self, event, rules)?;
        self.run(Process::Rebuild(rebuild), rules);
        Some(())
    }

    pub(crate) fn purge_deleted(&mut self, event: usize, rules: Rules) -> Option<()> {
        let purge = PurgeDeleted::begin(self, event, rules)?;
        self.run(Process::Purge(purge), rules);
        Some(())
    }

    /// What the janitor does about an event that it visits and that is not on sale.
    pub(crate) fn drop_dead_map(&mut self, event: usize, rules: Rules) {
        let is_dead = self.store.events[event].deleted && self.valkey.maps[event].exists;
        if is_dead && rules.has(Guard::DeletedInventoryIsDropped) {
            self.drop_event(event, rules);
        }
    }

    /// A round of all jobs: purge, rebuild, janitor, reconciler.
    pub(crate) fn healed(&self, rules: Rules) -> Self {
        let mut world = *self;
        for event in rules.events() {
            world.purge_deleted(event, rules);
            world.drop_dead_map(event, rules);
            let row = world.store.events[event];
            if row.deleted {
                continue;
            }
            world.valkey.maps[event].lease = None; // it ends by itself
            if !world.valkey.maps[event].exists {
                world.rebuild_map(event, rules);
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
            self.valkey.sweep(event, rules.seats_of(event), rules.guards);
        }
        self.adopt_orphans(rules);
    }
}

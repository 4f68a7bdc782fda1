//! `notify` in `outbound/postgres/waitlist_store.rs`: the list is locked, the sale is read, and then notifications, the
//! ended entries and the watermark are committed together.

use super::{
    list::{SaleState, USERS_MAX, allocate, seats_to_offer, wanted},
    world::World,
};
use crate::guards::{Guard, Guards};

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) struct Notify {
    /// What was read before the lock, without the guard.
    early: Option<SaleState>,
    step: Step,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
enum Step {
    Lock,
    Commit {
        sale: SaleState,
        allocated: [u8; USERS_MAX],
    },
    /// In a transaction of its own, without the guard.
    SetWatermark {
        sale: SaleState,
    },
}

impl Notify {
    /// `None` if nobody waits, or the inventory is not loaded.
    pub(super) fn begin(world: &World, guards: Guards) -> Option<Self> {
        let early = world.sale.filter(|_| !guards.has(Guard::NotifyReadsUnderLock));
        let may_begin = world.list.anybody_waits() && world.sale.is_some();
        Some(Self { early, step: Step::Lock }).filter(|_| may_begin)
    }

    pub(super) fn locks_list(&self, guards: Guards) -> bool {
        guards.has(Guard::NotifyLocksList) && matches!(self.step, Step::Commit { .. })
    }

    pub(super) fn notifies_all(&self) -> bool {
        matches!(self.step, Step::Commit { allocated, .. } if allocated.iter().all(|seats| *seats > 0))
    }

    /// `is_locked`: another process has locked the list. `None`: it waits. `Some(None)`: it is done.
    pub(super) fn step(self, world: &mut World, is_locked: bool, guards: Guards) -> Option<Option<Self>> {
        match self.step {
            Step::Lock if guards.has(Guard::NotifyLocksList) && is_locked => None,
            Step::Lock => {
                let sale = self.early.or(world.sale).filter(|_| !world.list.deleted);
                let Some(sale) = sale else { return Some(None) };
                let seats = seats_to_offer(sale, world.list.watermark, guards);
                let allocated = allocate(seats, &world.list.entries);
                Some(Some(Self { step: Step::Commit { sale, allocated }, ..self }))
            }
            Step::Commit { sale, allocated } => {
                judge(world, sale, allocated);
                world.ghost.notified_twice |= !world.list.end(allocated);
                if guards.has(Guard::WatermarkMovesWithNotifying) {
                    world.list.watermark = Some(sale.into());
                    return Some(None);
                }
                Some(Some(Self { step: Step::SetWatermark { sale }, ..self }))
            }
            Step::SetWatermark { sale } => {
                world.list.watermark = Some(sale.into());
                Some(None)
            }
        }
    }
}

/// Compares what is offered with what came free. If the inventory was lost since it was read, everything is excused.
fn judge(world: &mut World, sale: SaleState, allocated: [u8; USERS_MAX]) {
    if world.sale.is_none_or(|now| now.epoch != sale.epoch) {
        return;
    }
    let came_free = world.came_free(sale);
    let offered: u8 = allocated.iter().sum();
    let all_wanted: u8 = world.list.entries.iter().flatten().map(|user| wanted(*user)).sum();
    let ghost = &mut world.ghost;
    let due = came_free.saturating_sub(ghost.seen.max(ghost.joined));
    ghost.offered_twice |= offered > came_free.saturating_sub(ghost.seen);
    ghost.offered_in_vain |= offered > sale.free_now;
    ghost.passed_over |= offered < due.min(sale.free_now).min(all_wanted);
    ghost.seen = ghost.seen.max(came_free);
}

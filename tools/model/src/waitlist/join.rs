//! `usecases/add_to_waitlist.rs` and `join` in `outbound/postgres/waitlist_store.rs`: the sale is read, the event is
//! checked, the list is locked and read, the entry is added and committed.

use super::{
    list::{SaleState, User, Watermark},
    world::World,
};
use crate::guards::{Guard, Guards};

/// A user who is joining the list.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) struct Join {
    user: User,
    sale: Option<SaleState>,
    step: Step,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
enum Step {
    /// Reads the event's row.
    ReadEvent,
    /// Locks the list's row.
    Lock,
    Add {
        is_first: bool,
    },
}

impl Join {
    /// Reads the sale.
    pub(super) fn begin(world: &World, user: User) -> Self {
        Self { user, sale: world.sale, step: Step::ReadEvent }
    }

    pub(super) fn shares_event(&self, guards: Guards) -> bool {
        guards.has(Guard::JoinLocksEvent) && self.step != Step::ReadEvent
    }

    pub(super) fn locks_list(&self, guards: Guards) -> bool {
        guards.has(Guard::JoinLocksList) && matches!(self.step, Step::Add { .. })
    }

    /// `is_locked`: another process has locked the list. `None`: it waits. `Some(None)`: it is done.
    pub(super) fn step(self, world: &mut World, is_locked: bool, guards: Guards) -> Option<Option<Self>> {
        match self.step {
            Step::ReadEvent if world.list.deleted => Some(None),
            Step::ReadEvent => Some(Some(Self { step: Step::Lock, ..self })),
            Step::Lock => {
                let is_first = !world.list.anybody_waits() || !guards.has(Guard::OnlyTheFirstSetsWatermark);
                let reads_now = guards.has(Guard::JoinReadsUnderLock);
                let sale = if reads_now { world.sale } else { self.sale };
                let waits = guards.has(Guard::JoinLocksList) && is_locked;
                Some(Some(Self { step: Step::Add { is_first }, sale, ..self })).filter(|_| !waits)
            }
            Step::Add { is_first } => {
                if is_first {
                    world.list.watermark = self.sale.map(Watermark::from);
                }
                if !world.list.anybody_waits() {
                    world.ghost.joined = world.sale.map_or(0, |sale| world.came_free(sale));
                }
                world.list.add(self.user);
                Some(None)
            }
        }
    }
}

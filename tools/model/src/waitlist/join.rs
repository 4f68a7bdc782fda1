//! `usecases/add_to_waitlist.rs` and `join` in `outbound/postgres/waitlist_store.rs`: the sale is read, the event is
//! looked at, the list is locked and looked at, the entry is added and committed.

use super::{
    WaitlistState,
    list::{SaleState, User, Watermark},
};
use crate::guards::{Guard, Guards};

/// A user on the way into the list.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) struct Join {
    user: User,
    sale: Option<SaleState>,
    step: Step,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
enum Step {
    /// The event's row.
    Look,
    /// The list's row.
    Lock,
    /// The entry; whether it is the first.
    Add { is_first: bool },
}

impl Join {
    /// Reads the sale.
    pub(super) fn begin(state: &WaitlistState, user: User) -> Self {
        Self { user, sale: state.sale, step: Step::Look }
    }

    pub(super) fn shares_event(&self, guards: Guards) -> bool {
        guards.has(Guard::JoinLocksEvent) && self.step != Step::Look
    }

    pub(super) fn locks_list(&self, guards: Guards) -> bool {
        guards.has(Guard::JoinLocksList) && matches!(self.step, Step::Add { .. })
    }

    /// `None`: it waits. `Some(None)`: it is over.
    pub(super) fn step(self, state: &mut WaitlistState, slot: usize, guards: Guards) -> Option<Option<Self>> {
        match self.step {
            Step::Look if state.list.deleted => Some(None),
            Step::Look => Some(Some(Self { step: Step::Lock, ..self })),
            Step::Lock => {
                let is_first = !state.list.anybody_waits() || !guards.has(Guard::OnlyTheFirstSetsWatermark);
                let reads_now = guards.has(Guard::JoinReadsUnderLock);
                let sale = if reads_now { state.sale } else { self.sale };
                let waits = guards.has(Guard::JoinLocksList) && state.is_locked(slot, guards);
                Some(Some(Self { step: Step::Add { is_first }, sale, ..self })).filter(|_| !waits)
            }
            Step::Add { is_first } => {
                if is_first {
                    state.list.watermark = self.sale.map(Watermark::from);
                }
                if !state.list.anybody_waits() {
                    state.ghost.joined = state.sale.map_or(0, |sale| state.came_free(sale));
                }
                state.list.add(self.user);
                Some(None)
            }
        }
    }
}

//! `usecases/add_to_waitlist.rs` and `join` in `outbound/postgres/waitlist_store.rs`: the sale is read, the event is
//! looked at, the list is locked and looked at, the entry is added and committed.

use super::{
    Waiting,
    list::{Sale, Seen, User},
};
use crate::guards::{Guard, Guards};

/// A user on the way into the list.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) struct Join {
    user: User,
    sale: Option<Sale>,
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
    pub(super) fn begin(waiting: &Waiting, user: User) -> Self {
        Self { user, sale: waiting.sale, step: Step::Look }
    }

    pub(super) fn shares_event(&self, guards: Guards) -> bool {
        guards.has(Guard::JoinLocksEvent) && self.step != Step::Look
    }

    pub(super) fn locks_list(&self, guards: Guards) -> bool {
        guards.has(Guard::JoinLocksList) && matches!(self.step, Step::Add { .. })
    }

    /// `None`: it waits. `Some(None)`: it is over.
    pub(super) fn step(self, waiting: &mut Waiting, slot: usize, guards: Guards) -> Option<Option<Self>> {
        match self.step {
            Step::Look if waiting.list.deleted => Some(None),
            Step::Look => Some(Some(Self { step: Step::Lock, ..self })),
            Step::Lock => {
                let is_first = !waiting.list.anybody_waits() || !guards.has(Guard::OnlyTheFirstSetsSeen);
                let reads_now = guards.has(Guard::JoinReadsUnderLock);
                let sale = if reads_now { waiting.sale } else { self.sale };
                let waits = guards.has(Guard::JoinLocksList) && waiting.is_locked(slot, guards);
                Some(Some(Self { step: Step::Add { is_first }, sale, ..self })).filter(|_| !waits)
            }
            Step::Add { is_first } => {
                if is_first {
                    waiting.list.seen = self.sale.map(Seen::from);
                }
                if !waiting.list.anybody_waits() {
                    waiting.ghost.joined = waiting.sale.map_or(0, |sale| waiting.came_free(sale));
                }
                waiting.list.add(self.user);
                Some(None)
            }
        }
    }
}

//! `tell` in `outbound/postgres/waitlist_store.rs`: the list is locked, the sale is read, and then messages, the ended
//! entries and what was seen are committed together.

use super::{
    Waiting,
    list::{Sale, USERS_MAX, seats_to_announce, wanted, whom_to_tell},
};
use crate::guards::{Guard, Guards};

/// A telling.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) struct Tell {
    /// What was read before the lock, where that is what counts.
    early: Option<Sale>,
    step: Step,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
enum Step {
    Lock,
    Commit {
        sale: Sale,
        told: [u8; USERS_MAX],
    },
    /// What was seen, where it is not part of the transaction.
    SetSeen {
        sale: Sale,
    },
}

impl Tell {
    /// `None` where nobody waits, or nothing is known of the sale.
    pub(super) fn begin(waiting: &Waiting, guards: Guards) -> Option<Self> {
        let early = waiting.sale.filter(|_| !guards.has(Guard::TellReadsUnderLock));
        let may = waiting.list.anybody_waits() && waiting.sale.is_some();
        Some(Self { early, step: Step::Lock }).filter(|_| may)
    }

    pub(super) fn locks_list(&self, guards: Guards) -> bool {
        guards.has(Guard::TellLocksList) && matches!(self.step, Step::Commit { .. })
    }

    pub(super) fn tells_all(&self) -> bool {
        matches!(self.step, Step::Commit { told, .. } if told.iter().all(|seats| *seats > 0))
    }

    /// `None`: it waits. `Some(None)`: it is over.
    pub(super) fn step(self, waiting: &mut Waiting, slot: usize, guards: Guards) -> Option<Option<Self>> {
        match self.step {
            Step::Lock if guards.has(Guard::TellLocksList) && waiting.is_locked(slot, guards) => None,
            Step::Lock => {
                let sale = self.early.or(waiting.sale).filter(|_| !waiting.list.deleted);
                let Some(sale) = sale else { return Some(None) };
                let seats = seats_to_announce(sale, waiting.list.seen, guards);
                let told = whom_to_tell(seats, &waiting.list.entries);
                Some(Some(Self { step: Step::Commit { sale, told }, ..self }))
            }
            Step::Commit { sale, told } => {
                judge(waiting, sale, told);
                waiting.ghost.told_twice |= !waiting.list.end(told);
                if guards.has(Guard::SeenMovesWithTelling) {
                    waiting.list.seen = Some(sale.into());
                    return Some(None);
                }
                Some(Some(Self { step: Step::SetSeen { sale }, ..self }))
            }
            Step::SetSeen { sale } => {
                waiting.list.seen = Some(sale.into());
                Some(None)
            }
        }
    }
}

/// Holds a telling against what came free. A map that was lost since it looked excuses everything.
fn judge(waiting: &mut Waiting, sale: Sale, told: [u8; USERS_MAX]) {
    if waiting.sale.is_none_or(|now| now.epoch != sale.epoch) {
        return;
    }
    let came_free = waiting.came_free(sale);
    let announced: u8 = told.iter().sum();
    let all_wanted: u8 = waiting.list.entries.iter().flatten().map(|user| wanted(*user)).sum();
    let ghost = &mut waiting.ghost;
    let due = came_free.saturating_sub(ghost.seen.max(ghost.joined));
    ghost.announced_twice |= announced > came_free.saturating_sub(ghost.seen);
    ghost.announced_in_vain |= announced > sale.free_now;
    ghost.passed_by |= announced < due.min(sale.free_now).min(all_wanted);
    ghost.seen = ghost.seen.max(came_free);
}

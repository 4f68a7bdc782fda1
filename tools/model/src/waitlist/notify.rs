//! `tell` in `outbound/postgres/waitlist_store.rs`: the list is locked, the sale is read, and then messages, the ended
//! entries and what was seen are committed together.

use super::{
    WaitlistState,
    list::{SaleState, USERS_MAX, allocate, seats_to_offer, wanted},
};
use crate::guards::{Guard, Guards};

/// A telling.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) struct Notify {
    /// What was read before the lock, where that is what counts.
    early: Option<SaleState>,
    step: Step,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
enum Step {
    Lock,
    Commit {
        sale: SaleState,
        notified: [u8; USERS_MAX],
    },
    /// What was seen, where it is not part of the transaction.
    SetWatermark {
        sale: SaleState,
    },
}

impl Notify {
    /// `None` where nobody waits, or nothing is known of the sale.
    pub(super) fn begin(state: &WaitlistState, guards: Guards) -> Option<Self> {
        let early = state.sale.filter(|_| !guards.has(Guard::NotifyReadsUnderLock));
        let may = state.list.anybody_waits() && state.sale.is_some();
        Some(Self { early, step: Step::Lock }).filter(|_| may)
    }

    pub(super) fn locks_list(&self, guards: Guards) -> bool {
        guards.has(Guard::NotifyLocksList) && matches!(self.step, Step::Commit { .. })
    }

    pub(super) fn notifies_all(&self) -> bool {
        matches!(self.step, Step::Commit { notified, .. } if notified.iter().all(|seats| *seats > 0))
    }

    /// `None`: it waits. `Some(None)`: it is over.
    pub(super) fn step(self, state: &mut WaitlistState, slot: usize, guards: Guards) -> Option<Option<Self>> {
        match self.step {
            Step::Lock if guards.has(Guard::NotifyLocksList) && state.is_locked(slot, guards) => None,
            Step::Lock => {
                let sale = self.early.or(state.sale).filter(|_| !state.list.deleted);
                let Some(sale) = sale else { return Some(None) };
                let seats = seats_to_offer(sale, state.list.watermark, guards);
                let notified = allocate(seats, &state.list.entries);
                Some(Some(Self { step: Step::Commit { sale, notified }, ..self }))
            }
            Step::Commit { sale, notified } => {
                judge(state, sale, notified);
                state.ghost.notified_twice |= !state.list.end(notified);
                if guards.has(Guard::WatermarkMovesWithNotifying) {
                    state.list.watermark = Some(sale.into());
                    return Some(None);
                }
                Some(Some(Self { step: Step::SetWatermark { sale }, ..self }))
            }
            Step::SetWatermark { sale } => {
                state.list.watermark = Some(sale.into());
                Some(None)
            }
        }
    }
}

/// Holds a telling against what came free. A map that was lost since it looked excuses everything.
fn judge(state: &mut WaitlistState, sale: SaleState, notified: [u8; USERS_MAX]) {
    if state.sale.is_none_or(|now| now.epoch != sale.epoch) {
        return;
    }
    let came_free = state.came_free(sale);
    let offered: u8 = notified.iter().sum();
    let all_wanted: u8 = state.list.entries.iter().flatten().map(|user| wanted(*user)).sum();
    let ghost = &mut state.ghost;
    let due = came_free.saturating_sub(ghost.seen.max(ghost.joined));
    ghost.offered_twice |= offered > came_free.saturating_sub(ghost.seen);
    ghost.offered_in_vain |= offered > sale.free_now;
    ghost.passed_over |= offered < due.min(sale.free_now).min(all_wanted);
    ghost.seen = ghost.seen.max(came_free);
}

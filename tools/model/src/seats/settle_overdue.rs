//! `usecases/settle_overdue.rs`: the janitor, for the claims of one attempt in one event. Deadlines are not modeled, so
//! it may come at any moment, even too early.

use super::{
    ids::{AttemptId, Seats, Symmetric, Symmetry},
    rules::Rules,
    seat::{Claim, ClaimKind},
    store::AttemptOutcome,
    world::World,
};
use crate::guards::Guard;

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) struct SettleOverdue {
    kind: ClaimKind,
    seats: Seats,
    pub(crate) attempt: AttemptId,
    step: Step,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
enum Step {
    /// `void_unless_booked`, or `sold_among`.
    Ask,
    Finish,
    RestoreHold,
    Settle {
        sold: Seats,
    },
}

impl SettleOverdue {
    /// Has found the claim of this seat, and those of the same attempt in its event.
    pub(crate) fn begin(world: &World, seat: usize, rules: Rules) -> Option<Self> {
        let Claim { attempt, kind, .. } = world.valkey.seats[seat].claim?;
        let seats = world.valkey.claimed_by(attempt) & rules.seats_of(rules.event_of(seat));
        Some(Self { kind, seats, attempt, step: Step::Ask }).filter(|_| rules.has(Guard::Janitor))
    }

    pub(crate) fn step(self, world: &mut World, rules: Rules) -> Option<Self> {
        match self.step {
            Step::Ask if self.kind == ClaimKind::Book => {
                let outcome = match rules.has(Guard::JanitorVoids) {
                    true => world.store.void_unless_booked(self.attempt),
                    false => *world.store.outcome(self.attempt),
                };
                let step = if outcome == AttemptOutcome::Booked { Step::Finish } else { Step::RestoreHold };
                Some(Self { step, ..self })
            }
            Step::Ask => {
                let sold = world.store.sold() & self.seats;
                Some(Self { step: Step::Settle { sold }, ..self })
            }
            Step::Finish => {
                world.finish(self.attempt, self.seats, rules);
                None
            }
            Step::RestoreHold => {
                world.restore_hold(self.attempt, self.seats, rules);
                None
            }
            Step::Settle { sold } => {
                world.settle(self.attempt, self.seats, sold, rules);
                None
            }
        }
    }
}

impl Symmetric for SettleOverdue {
    fn map_ids(&mut self, symmetry: &mut impl Symmetry) {
        symmetry.seats(&mut self.seats);
        symmetry.attempt(&mut self.attempt);
        if let Step::Settle { sold } = &mut self.step {
            symmetry.seats(sold);
        }
    }
}

//! `usecases/settle_overdue.rs`: the janitor, on the claims of one attempt in one event. Deadlines are not modelled, so it
//! may come at any moment, too early as well.

use super::{
    names::{AttemptId, Named, Names, Seats},
    rules::Rules,
    seat::{Claim, ClaimKind},
    store::Fate,
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
    GiveBack,
    Settle {
        sold: Seats,
    },
}

impl SettleOverdue {
    /// Has met the claim of this seat, and those of the same attempt in its event.
    pub(crate) fn begin(world: &World, seat: usize, rules: Rules) -> Option<Self> {
        let Claim { attempt, kind, .. } = world.valkey.seats[seat].claim?;
        let seats = world.valkey.claimed_by(attempt) & rules.seats_of(rules.event_of(seat));
        Some(Self { kind, seats, attempt, step: Step::Ask }).filter(|_| rules.has(Guard::Janitor))
    }

    pub(crate) fn step(self, world: &mut World, rules: Rules) -> Option<Self> {
        match self.step {
            Step::Ask if self.kind == ClaimKind::Book => {
                let fate = match rules.has(Guard::JanitorVoids) {
                    true => world.store.void_unless_booked(self.attempt),
                    false => *world.store.fate(self.attempt),
                };
                let step = if fate == Fate::Booked { Step::Finish } else { Step::GiveBack };
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
            Step::GiveBack => {
                world.give_back(self.attempt, self.seats, rules);
                None
            }
            Step::Settle { sold } => {
                world.settle(self.attempt, self.seats, sold, rules);
                None
            }
        }
    }
}

impl Named for SettleOverdue {
    fn each_name(&mut self, names: &mut impl Names) {
        names.seats(&mut self.seats);
        names.attempt(&mut self.attempt);
        if let Step::Settle { sold } = &mut self.step {
            names.seats(sold);
        }
    }
}

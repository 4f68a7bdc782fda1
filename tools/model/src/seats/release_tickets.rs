//! `usecases/release_tickets.rs`, for several events: claimed first, as for a booking that never happens, then settled
//! as unsold. The release of one event's seats is one script, and therefore an action of its own; so is what the code
//! does about holds that the janitor restored meanwhile, which it releases by that script before it answers.

use super::{
    choice::Choice,
    ids::{AttemptId, Seats, Symmetric, Symmetry, User},
    rules::Rules,
    world::World,
};
use crate::guards::Guard;

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) struct ReleaseTickets {
    user: User,
    seats: Seats,
    pub(crate) attempt: AttemptId,
    step: Step,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
enum Step {
    Claim {
        claimed: Seats,
    },
    /// `missed`: these could not be freed, and the user still holds them.
    Settle {
        left: Seats,
        missed: Seats,
    },
    RestoreHold {
        left: Seats,
    },
}

impl ReleaseTickets {
    /// Begins with the claim of the first event; `None` if it is refused.
    pub(crate) fn begin(
        world: &mut World,
        attempt: AttemptId,
        user: User,
        seats: Seats,
        rules: Rules,
    ) -> Option<Self> {
        let begun = Self { user, seats, attempt, step: Step::Claim { claimed: 0 } };
        begun.claim_next(world, 0, rules).filter(|it| !matches!(it.step, Step::RestoreHold { .. }))
    }

    pub(crate) fn choices(&self, rules: Rules) -> &'static [Choice] {
        match self.step {
            Step::Claim { .. } => &[Choice::Proceed, Choice::Fail, Choice::Crash],
            Step::Settle { left, .. } | Step::RestoreHold { left } if rules.first_event(left) != left => {
                &[Choice::Proceed, Choice::ProceedLast, Choice::Crash]
            }
            _ => &[Choice::Proceed, Choice::Crash],
        }
    }

    pub(crate) fn step(self, world: &mut World, choice: Choice, rules: Rules) -> Option<Self> {
        match self.step {
            Step::Claim { claimed } if choice == Choice::Proceed => self.claim_next(world, claimed, rules),
            Step::Claim { .. } => self.to(Step::RestoreHold { left: self.seats }),
            Step::Settle { left, missed } => {
                let now = choice.event_among(left, rules);
                let freed = world.release_claimed(self.user, self.attempt, now, rules);
                let missed = missed | (now & !freed & world.valid_holds(self.user));
                // If it is not known to be done, that is answered immediately.
                let says_unknown = missed != 0 && rules.has(Guard::ReleaseCountsSettled);
                match left & !now {
                    0 => {
                        world.released(missed, rules);
                        None
                    }
                    left => self.to(Step::Settle { left, missed }).filter(|_| !says_unknown),
                }
            }
            Step::RestoreHold { left } => {
                let now = choice.event_among(left, rules);
                world.restore_hold(self.attempt, now, rules);
                self.to(Step::RestoreHold { left: left & !now }).filter(|_| left != now)
            }
        }
    }

    fn claim_next(self, world: &mut World, claimed: Seats, rules: Rules) -> Option<Self> {
        let now = rules.first_event(self.seats & !claimed);
        self.to(match world.claim(self.user, self.attempt, now, rules) {
            true if claimed | now == self.seats => Step::Settle { left: self.seats, missed: 0 },
            true => Step::Claim { claimed: claimed | now },
            false => Step::RestoreHold { left: self.seats },
        })
    }

    fn to(self, step: Step) -> Option<Self> {
        Some(Self { step, ..self })
    }
}

impl Symmetric for ReleaseTickets {
    fn map_ids(&mut self, symmetry: &mut impl Symmetry) {
        symmetry.user(&mut self.user);
        symmetry.seats(&mut self.seats);
        symmetry.attempt(&mut self.attempt);
        match &mut self.step {
            Step::Claim { claimed: seats } | Step::RestoreHold { left: seats } => symmetry.seats(seats),
            Step::Settle { left, missed } => {
                symmetry.seats(left);
                symmetry.seats(missed);
            }
        }
    }
}

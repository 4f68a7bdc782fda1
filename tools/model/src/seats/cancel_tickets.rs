//! `usecases/cancel_tickets.rs` and `usecases/cancel_chosen_tickets.rs`, whose steps are those of `usecases/cancelling.rs`,
//! whichever of their seats the user has chosen: claim what can be claimed, cancel exactly the seats that were chosen, settle the
//! claim. A cancel that finds other tickets starts again, which is another cancel. A cancel whose transaction is not
//! answered leaves its claim: it is one that was late with its transaction and then stopped permanently. The claims of several
//! events are ended one by one: one that stops between them has left the rest, as here one that stops before it settles.

use super::{
    choice::Choice,
    ids::{AttemptId, Seats, Symmetric, Symmetry, User},
    late_claim::LateClaim,
    rules::Rules,
    seat::ClaimKind,
    world::World,
};
use crate::guards::Guard;

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) struct CancelTickets {
    user: User,
    seats: Seats,
    pub(crate) attempt: AttemptId,
    step: Step,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
enum Step {
    Claim,
    Transaction {
        claimed: Seats,
    },
    /// `drop_claim`: nothing was cancelled, and Postgres is asked which of the claimed seats are sold.
    Ask {
        claimed: Seats,
    },
    Settle {
        claimed: Seats,
        sold: Seats,
    },
}

impl CancelTickets {
    /// The seats are chosen; `None` if the user does not own all of them.
    pub(crate) fn begin(
        world: &World,
        attempt: AttemptId,
        user: User,
        seats: Seats,
        rules: Rules,
    ) -> Option<Self> {
        let are_chosen = world.store.owned_by(user) & seats == seats;
        let has_claim = rules.has(Guard::CancelClaims);
        let step = if has_claim { Step::Claim } else { Step::Transaction { claimed: 0 } };
        Some(Self { user, seats, attempt, step }).filter(|_| are_chosen)
    }

    pub(crate) fn choices(&self) -> &'static [Choice] {
        match self.step {
            Step::Claim => &[Choice::Proceed, Choice::Fail, Choice::LoseReply, Choice::Crash],
            Step::Transaction { .. } => &[Choice::Proceed, Choice::Fail, Choice::Crash],
            Step::Ask { .. } | Step::Settle { .. } => &[Choice::Proceed, Choice::Crash],
        }
    }

    /// The claim whose reply may be lost.
    pub(crate) fn late_claim(&self) -> Option<LateClaim> {
        let late = LateClaim::Cancel { attempt: self.attempt, seats: self.seats };
        Some(late).filter(|_| self.step == Step::Claim)
    }

    pub(crate) fn step(self, world: &mut World, choice: Choice, rules: Rules) -> Option<Self> {
        match (self.step, choice) {
            (Step::Claim, Choice::Proceed) => {
                let claimed = world.claim_sold(self.attempt, ClaimKind::Cancel, self.seats, rules);
                self.to(Step::Transaction { claimed })
            }
            (Step::Claim, _) => self.to(Step::Transaction { claimed: 0 }),
            (Step::Transaction { claimed }, choice) => {
                let is_done = choice == Choice::Proceed && world.cancel(self.user, self.seats, rules);
                match (is_done, rules.has(Guard::CancelClaims)) {
                    (true, true) => self.to(Step::Settle { claimed, sold: 0 }).filter(|_| claimed != 0),
                    (true, false) => self.to(Step::Settle { claimed: self.seats, sold: 0 }),
                    (false, _) => self.to(Step::Ask { claimed }).filter(|_| claimed != 0),
                }
            }
            (Step::Ask { claimed }, _) => {
                self.to(Step::Settle { claimed, sold: world.store.sold() & claimed })
            }
            (Step::Settle { claimed, sold }, _) => {
                if rules.has(Guard::CancelClaims) {
                    world.settle(self.attempt, claimed, sold, rules);
                } else {
                    world.clear_unclaimed(claimed, rules);
                }
                None
            }
        }
    }

    fn to(self, step: Step) -> Option<Self> {
        Some(Self { step, ..self })
    }
}

impl Symmetric for CancelTickets {
    fn map_ids(&mut self, symmetry: &mut impl Symmetry) {
        symmetry.user(&mut self.user);
        symmetry.seats(&mut self.seats);
        symmetry.attempt(&mut self.attempt);
        match &mut self.step {
            Step::Claim => {}
            Step::Transaction { claimed } | Step::Ask { claimed } => symmetry.seats(claimed),
            Step::Settle { claimed, sold } => {
                symmetry.seats(claimed);
                symmetry.seats(sold);
            }
        }
    }
}

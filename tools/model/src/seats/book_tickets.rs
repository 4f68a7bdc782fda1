//! `usecases/book_tickets.rs` and `attempt.rs`: claim, one transaction, finish. What is refused before the first claim
//! only reads and is left out; so is the loop that starts again with the remaining tickets, which is a booking of its
//! own.

use super::{
    choice::Choice,
    ids::{AttemptId, Seats, Symmetric, Symmetry, User},
    late_claim::LateClaim,
    rules::Rules,
    store::{AttemptOutcome, Booked},
    world::World,
};
use crate::guards::Guard;

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) struct BookTickets {
    pub(crate) user: User,
    pub(crate) seats: Seats,
    pub(crate) attempt: AttemptId,
    pub(crate) step: Step,
    /// The transaction was sent, its outcome is unknown, and it may still commit.
    pub(crate) may_commit: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) enum Step {
    /// `Attempt::claim`: these are claimed; the next event follows.
    Claim { claimed: Seats },
    /// `commit`.
    Transaction,
    /// `owners`, after the transaction was refused because some are sold.
    AskOwners,
    /// `restore_unsold`: `sold` are sold, the events of `left` remain.
    SettleSold { sold: Seats, left: Seats },
    /// `resolve`.
    Resolve,
    /// `finish`, for the events that remain.
    Finish { left: Seats },
    /// `restore`, for the events that remain. The answer is, or will be, that nothing was done.
    RestoreHold { left: Seats },
    /// The client has that answer; the transaction may still arrive.
    Refused,
}

impl BookTickets {
    /// Begins with the claim of the first event; `None` if it is refused.
    pub(crate) fn begin(
        world: &mut World,
        attempt: AttemptId,
        user: User,
        seats: Seats,
        rules: Rules,
    ) -> Option<Self> {
        let booking = Self { user, seats, attempt, step: Step::Claim { claimed: 0 }, may_commit: false };
        let begun = booking.claim_next(world, 0, rules);
        (!matches!(begun.step, Step::RestoreHold { .. })).then_some(begun)
    }

    pub(crate) fn choices(&self, rules: Rules) -> &'static [Choice] {
        use Choice::{Crash, Fail, LateCommit, LoseReply, Proceed, ProceedLast};
        let has_several = |left: Seats| rules.first_event(left) != left;
        match self.step {
            Step::Claim { .. } => &[Proceed, Fail, LoseReply, Crash],
            Step::Transaction => &[Proceed, Fail, LoseReply, Crash],
            Step::AskOwners => &[Proceed, Fail, Crash],
            Step::Refused => &[LateCommit, Crash],
            Step::Finish { left } | Step::RestoreHold { left } if has_several(left) => {
                match self.may_commit {
                    true => &[Proceed, ProceedLast, LateCommit, Crash],
                    false => &[Proceed, ProceedLast, Crash],
                }
            }
            _ if self.may_commit => &[Proceed, LateCommit, Crash],
            _ => &[Proceed, Crash],
        }
    }

    /// The claim whose reply may be lost.
    pub(crate) fn late_claim(&self, rules: Rules) -> Option<LateClaim> {
        let Step::Claim { claimed } = self.step else { return None };
        let seats = rules.first_event(self.seats & !claimed);
        Some(LateClaim::Book { user: self.user, attempt: self.attempt, seats })
    }

    pub(crate) fn step(self, world: &mut World, choice: Choice, rules: Rules) -> Option<Self> {
        if choice == Choice::LateCommit {
            return self.commit_late(world, rules);
        }
        match self.step {
            Step::Claim { claimed } => match choice {
                Choice::Proceed => Some(self.claim_next(world, claimed, rules)),
                _ => self.refused(world, claimed),
            },
            Step::Transaction => match choice {
                Choice::Proceed => match world.book(self.attempt, self.user, self.seats, rules) {
                    Booked::Done => self.to(Step::Finish { left: self.seats }),
                    Booked::Sold(_) => self.to(Step::AskOwners),
                    Booked::NotForSale | Booked::Void => self.refused(world, self.seats),
                },
                Choice::LoseReply => Some(Self { step: Step::Resolve, may_commit: true, ..self }),
                _ => self.refused(world, self.seats),
            },
            Step::AskOwners => match (choice, world.store.sold() & self.seats) {
                (Choice::Proceed, sold) if sold != 0 => self.to(Step::SettleSold { sold, left: sold }),
                _ => self.refused(world, self.seats),
            },
            Step::SettleSold { sold, left } => {
                let now = rules.first_event(left);
                world.settle(self.attempt, now, now, rules);
                match left & !now {
                    0 => self.refused(world, self.seats),
                    left => self.to(Step::SettleSold { sold, left }),
                }
            }
            Step::Resolve => match world.resolve(self.attempt, rules) {
                AttemptOutcome::Booked => self.to(Step::Finish { left: self.seats }),
                AttemptOutcome::Void | AttemptOutcome::Unsettled => self.refused(world, self.seats),
            },
            Step::Finish { left } => {
                let now = choice.event_among(left, rules);
                world.finish(self.attempt, now, rules);
                Some(Self { step: Step::Finish { left: left & !now }, ..self }).filter(|_| left != now)
            }
            Step::RestoreHold { left } => {
                let now = choice.event_among(left, rules);
                world.restore_hold(self.attempt, now, rules);
                match left & !now {
                    0 => self.to(Step::Refused).filter(|_| self.may_commit),
                    left => self.to(Step::RestoreHold { left }),
                }
            }
            Step::Refused => None,
        }
    }

    /// One script of `Attempt::claim`.
    fn claim_next(self, world: &mut World, claimed: Seats, rules: Rules) -> Self {
        let now = rules.first_event(self.seats & !claimed);
        let step = match world.claim(self.user, self.attempt, now, rules) {
            true if claimed | now == self.seats => Step::Transaction,
            true => Step::Claim { claimed: claimed | now },
            false => Step::RestoreHold { left: claimed },
        };
        Self { step, ..self }
    }

    fn commit_late(self, world: &mut World, rules: Rules) -> Option<Self> {
        let is_done = world.book(self.attempt, self.user, self.seats, rules) == Booked::Done;
        let is_refused = matches!(self.step, Step::RestoreHold { .. } | Step::Refused);
        world.guarantees.violations.refused_but_sold |= is_done && is_refused;
        Some(Self { may_commit: false, ..self }).filter(|_| self.step != Step::Refused)
    }

    /// The answer is that nothing was done.
    fn refused(self, world: &mut World, left: Seats) -> Option<Self> {
        world.guarantees.violations.refused_but_sold |=
            *world.store.outcome(self.attempt) == AttemptOutcome::Booked;
        match left {
            0 => self.to(Step::Refused).filter(|_| self.may_commit),
            left => self.to(Step::RestoreHold { left }),
        }
    }

    fn to(self, step: Step) -> Option<Self> {
        Some(Self { step, ..self })
    }
}

impl World {
    /// `void_unless_booked`, after a commit that was not answered; without the guard, a read.
    fn resolve(&mut self, attempt: AttemptId, rules: Rules) -> AttemptOutcome {
        match rules.has(Guard::UnknownIsVoided) {
            true => self.store.void_unless_booked(attempt),
            false => *self.store.outcome(attempt),
        }
    }
}

impl Symmetric for BookTickets {
    fn map_ids(&mut self, symmetry: &mut impl Symmetry) {
        symmetry.user(&mut self.user);
        symmetry.seats(&mut self.seats);
        symmetry.attempt(&mut self.attempt);
        match &mut self.step {
            Step::Claim { claimed: seats }
            | Step::Finish { left: seats }
            | Step::RestoreHold { left: seats } => {
                symmetry.seats(seats);
            }
            Step::SettleSold { sold, left } => {
                symmetry.seats(sold);
                symmetry.seats(left);
            }
            Step::Transaction | Step::AskOwners | Step::Resolve | Step::Refused => {}
        }
    }
}

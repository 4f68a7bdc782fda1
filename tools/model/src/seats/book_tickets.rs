//! `usecases/book_tickets.rs`: claim, one transaction, finish. What is refused before the first claim only reads and is
//! left out; so is the loop that begins again with what is left, which is a booking of its own.

use super::{
    late_claim::LateClaim,
    names::{AttemptId, Named, Names, Seats, User},
    process::Turn,
    rules::Rules,
    store::{Booked, Fate},
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
    /// `claim_all`: these are claimed; the next event follows.
    Claim { claimed: Seats },
    /// `commit`.
    Transaction,
    /// `owners`, after the transaction was refused since some are sold.
    AskOwners,
    /// `settle_sold`: these are sold, those events are left.
    SettleSold { sold: Seats, left: Seats },
    /// `resolve`.
    Resolve,
    /// `finish`, on the events that are left.
    Finish { left: Seats },
    /// `give_back`, likewise. The answer is, or will be, that nothing was done.
    GiveBack { left: Seats },
    /// The client has that answer; the transaction may come still.
    Refused,
}

impl BookTickets {
    /// Begins with the claim of the first event; `None` where it is refused.
    pub(crate) fn begin(world: &mut World, user: User, seats: Seats, rules: Rules) -> Option<Self> {
        let attempt = world.new_attempt()?;
        let booking = Self { user, seats, attempt, step: Step::Claim { claimed: 0 }, may_commit: false };
        let begun = booking.claim_next(world, 0, rules);
        (!matches!(begun.step, Step::GiveBack { .. })).then_some(begun)
    }

    pub(crate) fn turns(&self, rules: Rules) -> &'static [Turn] {
        use Turn::{Die, Fail, Go, GoLast, LateCommit, Lose};
        let has_several = |left: Seats| rules.first_event(left) != left;
        match self.step {
            Step::Claim { .. } => &[Go, Fail, Lose, Die],
            Step::Transaction => &[Go, Fail, Lose, Die],
            Step::AskOwners => &[Go, Fail, Die],
            Step::Refused => &[LateCommit, Die],
            Step::Finish { left } | Step::GiveBack { left } if has_several(left) => match self.may_commit {
                true => &[Go, GoLast, LateCommit, Die],
                false => &[Go, GoLast, Die],
            },
            _ if self.may_commit => &[Go, LateCommit, Die],
            _ => &[Go, Die],
        }
    }

    pub(crate) fn step(self, world: &mut World, turn: Turn, rules: Rules) -> Option<Self> {
        if turn == Turn::LateCommit {
            return self.commit_late(world, rules);
        }
        match self.step {
            Step::Claim { claimed } => match turn {
                Turn::Go => Some(self.claim_next(world, claimed, rules)),
                Turn::Lose => {
                    let seats = rules.first_event(self.seats & !claimed);
                    world.start(LateClaim::Book { user: self.user, attempt: self.attempt, seats }.into())?;
                    self.refused(world, claimed)
                }
                _ => self.refused(world, claimed),
            },
            Step::Transaction => match turn {
                Turn::Go => match world.book(self.attempt, self.user, self.seats, rules) {
                    Booked::Done => self.to(Step::Finish { left: self.seats }),
                    Booked::Sold(_) => self.to(Step::AskOwners),
                    Booked::NotForSale | Booked::Void => self.refused(world, self.seats),
                },
                Turn::Lose => Some(Self { step: Step::Resolve, may_commit: true, ..self }),
                _ => self.refused(world, self.seats),
            },
            Step::AskOwners => match (turn, world.store.sold() & self.seats) {
                (Turn::Go, sold) if sold != 0 => self.to(Step::SettleSold { sold, left: sold }),
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
                Fate::Booked => self.to(Step::Finish { left: self.seats }),
                Fate::Void | Fate::Unsettled => self.refused(world, self.seats),
            },
            Step::Finish { left } => {
                let now = next_event(turn, left, rules);
                world.finish(self.attempt, now, rules);
                Some(Self { step: Step::Finish { left: left & !now }, ..self }).filter(|_| left != now)
            }
            Step::GiveBack { left } => {
                let now = next_event(turn, left, rules);
                world.give_back(self.attempt, now, rules);
                match left & !now {
                    0 => self.to(Step::Refused).filter(|_| self.may_commit),
                    left => self.to(Step::GiveBack { left }),
                }
            }
            Step::Refused => None,
        }
    }

    /// One script of `claim_all`.
    fn claim_next(self, world: &mut World, claimed: Seats, rules: Rules) -> Self {
        let now = rules.first_event(self.seats & !claimed);
        let step = match world.claim(self.user, self.attempt, now, rules) {
            true if claimed | now == self.seats => Step::Transaction,
            true => Step::Claim { claimed: claimed | now },
            false => Step::GiveBack { left: claimed },
        };
        Self { step, ..self }
    }

    fn commit_late(self, world: &mut World, rules: Rules) -> Option<Self> {
        let is_done = world.book(self.attempt, self.user, self.seats, rules) == Booked::Done;
        let is_refused = matches!(self.step, Step::GiveBack { .. } | Step::Refused);
        world.promises.broken.refused_but_sold |= is_done && is_refused;
        Some(Self { may_commit: false, ..self }).filter(|_| self.step != Step::Refused)
    }

    /// The answer is that nothing was done.
    fn refused(self, world: &mut World, left: Seats) -> Option<Self> {
        world.promises.broken.refused_but_sold |= *world.store.fate(self.attempt) == Fate::Booked;
        match left {
            0 => self.to(Step::Refused).filter(|_| self.may_commit),
            left => self.to(Step::GiveBack { left }),
        }
    }

    fn to(self, step: Step) -> Option<Self> {
        Some(Self { step, ..self })
    }
}

/// What stands at each event at the same time: any of them may be the next.
pub(crate) fn next_event(turn: Turn, left: Seats, rules: Rules) -> Seats {
    if turn == Turn::GoLast { rules.last_event(left) } else { rules.first_event(left) }
}

impl World {
    /// `void_unless_booked`, after a commit that was not answered; without the guard, a look.
    fn resolve(&mut self, attempt: AttemptId, rules: Rules) -> Fate {
        match rules.has(Guard::UnknownIsVoided) {
            true => self.store.void_unless_booked(attempt),
            false => *self.store.fate(attempt),
        }
    }
}

impl Named for BookTickets {
    fn each_name(&mut self, names: &mut impl Names) {
        names.user(&mut self.user);
        names.seats(&mut self.seats);
        names.attempt(&mut self.attempt);
        match &mut self.step {
            Step::Claim { claimed: seats }
            | Step::Finish { left: seats }
            | Step::GiveBack { left: seats } => {
                names.seats(seats);
            }
            Step::SettleSold { sold, left } => {
                names.seats(sold);
                names.seats(left);
            }
            Step::Transaction | Step::AskOwners | Step::Resolve | Step::Refused => {}
        }
    }
}

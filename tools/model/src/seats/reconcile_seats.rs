//! `usecases/reconcile_seats.rs`, seat by seat. The code first compares a whole piece, but that only chooses suspects.
//! Here any seat may be chosen, so nothing depends on that comparison, nor on the order in which it reads.

use super::{
    ids::{AttemptId, Symmetric, Symmetry, only},
    rules::Rules,
    seat::ClaimKind,
    valkey::AsRead,
    world::World,
};
use crate::guards::Guard;

/// `check`: a seat that looks sold is claimed, Postgres is asked again, and that answer settles it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) struct CheckSeat {
    seat: usize,
    pub(crate) attempt: AttemptId,
    step: CheckStep,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
enum CheckStep {
    /// `claim_sold`: without the guard Postgres was asked before and is not asked again.
    ClaimUnsold,
    Ask,
    Settle {
        sold: bool,
    },
}

impl CheckSeat {
    pub(crate) fn begin(world: &mut World, attempt: AttemptId, seat: usize, rules: Rules) -> Option<Self> {
        if !rules.has(Guard::Reconciler) {
            return None;
        }
        if !rules.has(Guard::ReconcilerAsksAgain) {
            let is_unsold = !world.store.is_sold(seat);
            return Some(Self { seat, attempt, step: CheckStep::ClaimUnsold }).filter(|_| is_unsold);
        }
        let is_suspect = match rules.has(Guard::ReconcilerClaims) {
            true => world.claim_sold(attempt, ClaimKind::Check, only(seat), rules) != 0,
            false => world.valkey.seats[seat].looks_sold(),
        };
        Some(Self { seat, attempt, step: CheckStep::Ask }).filter(|_| is_suspect)
    }

    pub(crate) fn step(self, world: &mut World, rules: Rules) -> Option<Self> {
        match self.step {
            CheckStep::ClaimUnsold => {
                let claimed = world.claim_sold(self.attempt, ClaimKind::Check, only(self.seat), rules);
                Some(Self { step: CheckStep::Settle { sold: false }, ..self }).filter(|_| claimed != 0)
            }
            CheckStep::Ask => {
                Some(Self { step: CheckStep::Settle { sold: world.store.is_sold(self.seat) }, ..self })
            }
            CheckStep::Settle { sold } => {
                let seats = only(self.seat);
                if rules.has(Guard::ReconcilerClaims) {
                    world.settle(self.attempt, seats, if sold { seats } else { 0 }, rules);
                } else if !sold {
                    world.clear_unclaimed(seats, rules);
                }
                None
            }
        }
    }
}

/// `repair`: a seat that is free or held is inspected, then Postgres is asked, and if the seat is sold and still as it
/// was read, it becomes taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) struct RepairSeat {
    seat: usize,
    step: RepairStep,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
enum RepairStep {
    /// `inspect`: without the guard Postgres was asked before.
    Inspect,
    Ask(AsRead),
    Repair(AsRead),
}

impl RepairSeat {
    pub(crate) fn begin(world: &World, seat: usize, rules: Rules) -> Option<Self> {
        if !rules.has(Guard::Reconciler) {
            return None;
        }
        if !rules.has(Guard::RepairInspectsFirst) {
            return Some(Self { seat, step: RepairStep::Inspect }).filter(|_| world.store.is_sold(seat));
        }
        let as_read = world.valkey.inspect_for_repair(rules.event_of(seat), seat)?;
        Some(Self { seat, step: RepairStep::Ask(as_read) })
    }

    pub(crate) fn step(self, world: &mut World, rules: Rules) -> Option<Self> {
        let to = |step| Some(Self { step, ..self });
        let event = rules.event_of(self.seat);
        match self.step {
            RepairStep::Inspect => to(RepairStep::Repair(world.valkey.inspect_for_repair(event, self.seat)?)),
            RepairStep::Ask(as_read) => {
                to(RepairStep::Repair(as_read)).filter(|_| world.store.is_sold(self.seat))
            }
            RepairStep::Repair(as_read) => {
                world.valkey.repair(event, self.seat, as_read, rules.guards);
                None
            }
        }
    }
}

impl Symmetric for CheckSeat {
    fn map_ids(&mut self, symmetry: &mut impl Symmetry) {
        symmetry.seat(&mut self.seat);
        symmetry.attempt(&mut self.attempt);
    }
}

impl Symmetric for RepairSeat {
    fn map_ids(&mut self, symmetry: &mut impl Symmetry) {
        symmetry.seat(&mut self.seat);
        if let RepairStep::Ask(AsRead::Held(expires)) | RepairStep::Repair(AsRead::Held(expires)) =
            &mut self.step
        {
            symmetry.expiry(self.seat, expires);
        }
    }
}

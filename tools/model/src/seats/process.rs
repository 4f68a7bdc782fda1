//! The use cases as processes: each is a small state machine, and each of its steps is one script or one transaction.
//! Between two steps anything may happen, for any length of time, and a process may never continue. Replicas are not
//! modeled: they share only Valkey and Postgres, so two replicas are two processes, and a crash is the end of several.

use super::{
    book_tickets::BookTickets,
    cancel_tickets::CancelTickets,
    choice::Choice,
    ids::{AttemptId, Symmetric as _, Symmetry},
    late_claim::LateClaim,
    load_inventory::LoadInventory,
    purge_deleted::PurgeDeleted,
    reconcile_seats::{CheckSeat, RepairSeat},
    release_tickets::ReleaseTickets,
    rules::Rules,
    settle_overdue::SettleOverdue,
    world::World,
};

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) enum Process {
    Book(BookTickets),
    Cancel(CancelTickets),
    Release(ReleaseTickets),
    Late(LateClaim),
    Settle(SettleOverdue),
    Check(CheckSeat),
    Repair(RepairSeat),
    Load(LoadInventory),
    Purge(PurgeDeleted),
}

impl Process {
    /// How its next step may turn out.
    pub(crate) fn choices(&self, rules: Rules) -> &'static [Choice] {
        match self {
            Self::Book(it) => it.choices(rules),
            Self::Cancel(it) => it.choices(),
            Self::Release(it) => it.choices(rules),
            _ => &[Choice::Proceed, Choice::Crash],
        }
    }

    /// The claim that Valkey may carry out at any later time, if the reply to it is lost.
    pub(crate) fn late_claim(&self, choice: Choice, rules: Rules) -> Option<Self> {
        let late = match self {
            Self::Book(it) => it.late_claim(rules)?,
            Self::Cancel(it) => it.late_claim()?,
            _ => return None,
        };
        Some(Self::Late(late)).filter(|_| choice == Choice::LoseReply)
    }

    /// Takes one step; `None`: this was the last one.
    pub(crate) fn step(self, world: &mut World, choice: Choice, rules: Rules) -> Option<Self> {
        if choice == Choice::Crash {
            return None;
        }
        match self {
            Self::Book(it) => it.step(world, choice, rules).map(Self::Book),
            Self::Cancel(it) => it.step(world, choice, rules).map(Self::Cancel),
            Self::Release(it) => it.step(world, choice, rules).map(Self::Release),
            Self::Late(it) => {
                it.run(world, rules);
                None
            }
            Self::Settle(it) => it.step(world, rules).map(Self::Settle),
            Self::Check(it) => it.step(world, rules).map(Self::Check),
            Self::Repair(it) => it.step(world, rules).map(Self::Repair),
            Self::Load(it) => it.step(world, rules).map(Self::Load),
            Self::Purge(it) => it.step(world, rules).map(Self::Purge),
        }
    }

    pub(crate) fn map_ids(&mut self, symmetry: &mut impl Symmetry) {
        match self {
            Self::Book(it) => it.map_ids(symmetry),
            Self::Cancel(it) => it.map_ids(symmetry),
            Self::Release(it) => it.map_ids(symmetry),
            Self::Late(it) => it.map_ids(symmetry),
            Self::Settle(it) => it.map_ids(symmetry),
            Self::Check(it) => it.map_ids(symmetry),
            Self::Repair(it) => it.map_ids(symmetry),
            Self::Load(it) => it.map_ids(symmetry),
            Self::Purge(_) => {}
        }
    }

    /// The attempt that it may still mention.
    pub(crate) fn attempt(&self) -> Option<AttemptId> {
        match self {
            Self::Book(it) => Some(it.attempt),
            Self::Cancel(it) => Some(it.attempt),
            Self::Release(it) => Some(it.attempt),
            Self::Late(it) => Some(it.attempt()),
            Self::Settle(it) => Some(it.attempt),
            Self::Check(it) => Some(it.attempt),
            Self::Repair(_) | Self::Load(_) | Self::Purge(_) => None,
        }
    }

    pub(crate) fn attempt_mut(&mut self) -> Option<&mut AttemptId> {
        match self {
            Self::Book(it) => Some(&mut it.attempt),
            Self::Cancel(it) => Some(&mut it.attempt),
            Self::Release(it) => Some(&mut it.attempt),
            Self::Late(it) => Some(it.attempt_mut()),
            Self::Settle(it) => Some(&mut it.attempt),
            Self::Check(it) => Some(&mut it.attempt),
            Self::Repair(_) | Self::Load(_) | Self::Purge(_) => None,
        }
    }
}

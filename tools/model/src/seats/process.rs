//! The use cases as processes: each is a small machine whose every step is one script or one transaction. Between two
//! steps anything may happen, for any length of time; a process may also never go on. Replicas are not named: they share
//! nothing but Valkey and Postgres, so two of them are two processes, and a crash is the end of several.

use super::{
    book_tickets::BookTickets,
    cancel_tickets::CancelTickets,
    late_claim::LateClaim,
    names::{AttemptId, Named as _, Names},
    purge_deleted::PurgeDeleted,
    rebuild_map::RebuildMap,
    reconcile_seats::{CheckSeat, RepairSeat},
    release_tickets::ReleaseTickets,
    rules::Rules,
    settle_overdue::SettleOverdue,
    world::World,
};

/// A use case under way.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) enum Process {
    Book(BookTickets),
    Cancel(CancelTickets),
    Release(ReleaseTickets),
    Late(LateClaim),
    Settle(SettleOverdue),
    Check(CheckSeat),
    Repair(RepairSeat),
    Rebuild(RebuildMap),
    Purge(PurgeDeleted),
}

/// How a step turns out, where that is not the process' own doing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Turn {
    /// It is done; of several events that wait for the same step, on the first.
    Go,
    /// On the last one.
    GoLast,
    /// It surely did nothing, for a reason of its own.
    Fail,
    /// It was asked for and not answered: it may be done, now or later.
    Lose,
    /// A transaction of unknown outcome commits, if it still can.
    LateCommit,
    /// The process stops for ever.
    Die,
}

impl Process {
    /// How its next step may turn out.
    pub(crate) fn turns(&self, rules: Rules) -> &'static [Turn] {
        match self {
            Self::Book(it) => it.turns(rules),
            Self::Cancel(it) => it.turns(),
            Self::Release(it) => it.turns(rules),
            _ => &[Turn::Go, Turn::Die],
        }
    }

    /// Takes one step; `None`: that was the last one.
    pub(crate) fn step(self, world: &mut World, turn: Turn, rules: Rules) -> Option<Self> {
        if turn == Turn::Die {
            return None;
        }
        match self {
            Self::Book(it) => it.step(world, turn, rules).map(Self::Book),
            Self::Cancel(it) => it.step(world, turn, rules).map(Self::Cancel),
            Self::Release(it) => it.step(world, turn, rules).map(Self::Release),
            Self::Late(it) => it.run(world, rules),
            Self::Settle(it) => it.step(world, rules).map(Self::Settle),
            Self::Check(it) => it.step(world, rules).map(Self::Check),
            Self::Repair(it) => it.step(world, rules).map(Self::Repair),
            Self::Rebuild(it) => it.step(world, rules).map(Self::Rebuild),
            Self::Purge(it) => it.step(world, rules).map(Self::Purge),
        }
    }

    pub(crate) fn each_name(&mut self, names: &mut impl Names) {
        match self {
            Self::Book(it) => it.each_name(names),
            Self::Cancel(it) => it.each_name(names),
            Self::Release(it) => it.each_name(names),
            Self::Late(it) => it.each_name(names),
            Self::Settle(it) => it.each_name(names),
            Self::Check(it) => it.each_name(names),
            Self::Repair(it) => it.each_name(names),
            Self::Rebuild(it) => it.each_name(names),
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
            Self::Repair(_) | Self::Rebuild(_) | Self::Purge(_) => None,
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
            Self::Repair(_) | Self::Rebuild(_) | Self::Purge(_) => None,
        }
    }
}

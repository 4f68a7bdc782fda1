//! How a step of a process may turn out.

use super::{ids::Seats, rules::Rules};

/// How a step turns out if that is not up to the process itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Choice {
    /// It is done. If the same step waits for several events, it is done for the first one.
    Proceed,
    /// The same, for the last event.
    ProceedLast,
    /// It surely did nothing, for a reason of its own.
    Fail,
    /// It was requested and not answered: it may be carried out, now or later.
    LoseReply,
    /// A transaction of unknown outcome commits, if it still can.
    LateCommit,
    /// The process stops permanently.
    Crash,
}

impl Choice {
    /// The code takes such a step for all events concurrently, so any of them may be next.
    pub(crate) fn event_among(self, left: Seats, rules: Rules) -> Seats {
        if self == Self::ProceedLast { rules.last_event(left) } else { rules.first_event(left) }
    }
}

//! How much is measured.

use std::{fmt, time::Duration};

/// How many clients ask at a time, where nothing else is said.
pub(super) const CLIENTS: usize = 64;

/// Seats of one event that a user may hold: counted as in a sale, but one buyer holds what hundreds would.
pub(super) const HOLDS_PER_USER_MAX: u32 = 1_000_000;

/// How much is measured of each subject.
#[derive(Clone, Copy, Debug)]
pub struct Effort {
    /// How often ours and the floor take turns.
    pub rounds: u32,
    /// How long each turn takes, where it takes a time and not a number of calls.
    pub slice: Duration,
}

impl Effort {
    /// A few minutes in all.
    pub const QUICK: Self = Self { rounds: 3, slice: Duration::from_secs(2) };
    /// Half an hour or so.
    pub const FULL: Self = Self { rounds: 7, slice: Duration::from_secs(8) };

    /// Whole seconds of a turn, at least one.
    pub(super) fn slice_s(self) -> u64 {
        self.slice.as_secs().max(1)
    }

    /// So many for each second of a turn.
    pub(super) fn for_each_second(self, count: u32) -> u32 {
        u32::try_from(self.slice_s()).unwrap_or(u32::MAX).saturating_mul(count)
    }
}

impl fmt::Display for Effort {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            out,
            "{} rounds, turns of {} s; clients, servers and floors share the machine",
            self.rounds,
            self.slice_s()
        )
    }
}

/// The cores of this machine.
pub(super) fn cores() -> usize {
    std::thread::available_parallelism().map_or(1, usize::from)
}

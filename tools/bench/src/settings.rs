//! How much is measured.

use std::{fmt, time::Duration};

/// How many clients are concurrent, unless a benchmark says otherwise.
pub(super) const CLIENTS: usize = 64;

/// Seats of an event that a user may hold. They are counted as in a sale, but one buyer holds as many as hundreds would.
pub(super) const HOLDS_PER_USER_MAX: u32 = 1_000_000;

/// How much each benchmark measures.
#[derive(Clone, Copy, Debug)]
pub struct Effort {
    /// How often ours and the floor alternate.
    pub rounds: u32,
    /// How long each turn takes, if it is not limited by a number of calls.
    pub slice: Duration,
}

impl Effort {
    /// Takes some ten minutes.
    pub const QUICK: Self = Self { rounds: 10, slice: Duration::from_secs(1) };
    /// Takes about an hour.
    pub const FULL: Self = Self { rounds: 30, slice: Duration::from_secs(2) };

    /// A turn in whole seconds, at least one.
    pub(super) fn slice_s(self) -> u64 {
        self.slice.as_secs().max(1)
    }

    /// This many for each second of a turn.
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

pub(super) fn cores() -> usize {
    std::thread::available_parallelism().map_or(1, usize::from)
}

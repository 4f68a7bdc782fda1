//! A seat's number within its event.

use std::{fmt, num::NonZeroU32};

/// The most seats that one event can have.
pub const MAX_SEATS: u32 = 1_000_000;

/// A seat's number within its event, counted from 1.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct SeatNumber(NonZeroU32);

impl SeatNumber {
    /// The seat of this number; none if it is 0.
    #[must_use]
    pub fn new(number: u32) -> Option<Self> {
        NonZeroU32::new(number).map(Self)
    }

    /// The number, from 1.
    #[must_use]
    pub fn get(self) -> u32 {
        self.0.get()
    }
}

impl fmt::Display for SeatNumber {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

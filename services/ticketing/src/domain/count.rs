//! How many seats a call may ask for.

use std::num::NonZeroU16;

/// The most seats that one reservation, or one entry of the waitlist, may ask for.
pub const SEATS_MAX_A_CALL: u16 = 100;

/// A number of seats from 1 to [`SEATS_MAX_A_CALL`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct SeatsWanted(NonZeroU16);

impl SeatsWanted {
    /// The number, if it is within range.
    #[must_use]
    pub fn new(count: i64) -> Option<Self> {
        let count = u16::try_from(count).ok().filter(|count| *count <= SEATS_MAX_A_CALL)?;
        NonZeroU16::new(count).map(Self)
    }

    /// The number.
    #[must_use]
    pub fn get(self) -> u16 {
        self.0.get()
    }
}

/// A number of tickets to cancel: any above 0.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TicketsToCancel(u32);

impl TicketsToCancel {
    /// The number, if it is above 0. One above what any event has cancels nothing anyway.
    #[must_use]
    pub fn new(count: i64) -> Option<Self> {
        (count > 0).then(|| Self(u32::try_from(count).unwrap_or(u32::MAX)))
    }

    /// The number.
    #[must_use]
    pub fn get(self) -> u32 {
        self.0
    }
}

#[cfg(test)]
mod tests {
    use super::{SeatsWanted, TicketsToCancel};

    #[test]
    fn one_to_a_hundred_seats_may_be_wanted() {
        for (count, may) in [(i64::MIN, false), (-1, false), (0, false), (1, true), (100, true), (101, false)]
        {
            assert_eq!(SeatsWanted::new(count).is_some(), may, "{count} seats");
        }
    }

    #[test]
    fn any_number_above_zero_may_be_cancelled() {
        assert_eq!(TicketsToCancel::new(0), None);
        assert_eq!(TicketsToCancel::new(i64::MIN), None);
        assert_eq!(TicketsToCancel::new(i64::MAX).map(TicketsToCancel::get), Some(u32::MAX));
    }
}

//! How many seats an event has.

use booked_ids::MAX_SEATS;

/// How many seats an event has: 1 to 1,000,000.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct SeatCount(u32);

/// The number of seats is out of range.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("seat_count must be 1 to {MAX_SEATS}")]
pub struct InvalidSeatCount;

impl SeatCount {
    /// Accepts a number within the range.
    ///
    /// # Errors
    ///
    /// [`InvalidSeatCount`] if it is out of range.
    pub fn parse(count: i64) -> Result<Self, InvalidSeatCount> {
        let count = u32::try_from(count).map_err(|_| InvalidSeatCount)?;
        if (1..=MAX_SEATS).contains(&count) { Ok(Self(count)) } else { Err(InvalidSeatCount) }
    }

    #[must_use]
    pub fn get(self) -> u32 {
        self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_event_has_one_to_a_million_seats() {
        for good in [1, 1_000_000] {
            assert_eq!(i64::from(SeatCount::parse(good).unwrap().get()), good);
        }
        for bad in [i64::MIN, -1, 0, 1_000_001, 1 << 32, (1 << 32) + 1, i64::MAX] {
            assert_eq!(SeatCount::parse(bad), Err(InvalidSeatCount), "{bad}");
        }
    }
}

//! When an event takes place.

/// The last second of the year 9999.
const SECONDS_MAX: i64 = 253_402_300_799;

/// The most events that one second may have, since a page of the listing shows all of them. A second that already had
/// more keeps them.
pub const EVENTS_A_SECOND_MAX: i64 = 1_000;

/// A time in Unix seconds, from 1970 to the end of the year 9999. It may be in the past. Second 0 is not allowed,
/// because in the listing 0 means "no time".
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct UnixTime(i64);

/// The time is missing or out of range.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("unix_time must be 1 to {SECONDS_MAX}")]
pub struct InvalidTime;

/// The second already has [`EVENTS_A_SECOND_MAX`] events.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{EVENTS_A_SECOND_MAX} events take place at this second already")]
pub struct FullSecond;

impl UnixTime {
    /// Accepts a time within the range.
    ///
    /// # Errors
    ///
    /// [`InvalidTime`] if it is out of range.
    pub fn parse(seconds: i64) -> Result<Self, InvalidTime> {
        if (1..=SECONDS_MAX).contains(&seconds) { Ok(Self(seconds)) } else { Err(InvalidTime) }
    }

    /// For a time that was parsed before it was stored.
    #[must_use]
    pub fn from_store(seconds: i64) -> Self {
        Self(seconds)
    }

    #[must_use]
    pub fn seconds(self) -> i64 {
        self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_run_from_1970_to_9999() {
        for good in [1, 2, 253_402_300_799] {
            assert_eq!(UnixTime::parse(good).unwrap().seconds(), good);
        }
        for bad in [i64::MIN, -1, 0, 253_402_300_800, i64::MAX] {
            assert_eq!(UnixTime::parse(bad), Err(InvalidTime), "{bad}");
        }
    }
}

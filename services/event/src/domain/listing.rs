//! What a listing asks for, and what a page contains.

use super::Event;

const LIMIT_DEFAULT: i64 = 10;
/// The most events that a client can ask for. Other events of the last one's second are added to them.
pub const LIMIT_MAX: i64 = 100;

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Listing {
    limit: i64,
    after: Option<i64>,
}

impl Listing {
    /// At most `limit` events, capped at [`LIMIT_MAX`], that are strictly later than `after`, a time in Unix seconds.
    /// Numbers that are not positive count as absent.
    #[must_use]
    pub fn new(limit: Option<i64>, after: Option<i64>) -> Self {
        let positive = |number: &i64| *number > 0;
        let limit = limit.filter(positive).unwrap_or(LIMIT_DEFAULT).min(LIMIT_MAX);
        Self { limit, after: after.filter(positive) }
    }

    #[must_use]
    pub fn limit(self) -> i64 {
        self.limit
    }

    /// The listing has only events strictly later than this; it begins with the oldest if this is absent.
    #[must_use]
    pub fn after(self) -> Option<i64> {
        self.after
    }
}

/// An event with its free seats.
#[derive(Clone, Debug, PartialEq)]
pub struct Offer {
    pub event: Event,
    /// How many of its seats are neither sold nor held.
    pub available: u32,
}

impl Offer {
    /// `occupied` is how many of the event's seats are sold or held. An event that ticketing does not know yet has no
    /// free seats. Ticketing may already know of added seats that were not yet read here, so more seats may be occupied
    /// than the event has here.
    #[must_use]
    pub fn new(event: Event, occupied: Option<u32>) -> Self {
        let seat_count = event.details.seat_count.get();
        let available = occupied.map_or(0, |occupied| seat_count.saturating_sub(occupied));
        Self { event, available }
    }
}

#[derive(Clone, Debug, Default, PartialEq)]
pub struct Page {
    /// By time, then id.
    pub offers: Vec<Offer>,
}

impl Page {
    /// The time to ask for the next page with: the last event's, or 0 if the page is empty.
    #[must_use]
    pub fn next_time_to_fetch(&self) -> i64 {
        self.offers.last().map_or(0, |offer| offer.event.details.unix_time.seconds())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_limit_is_capped_and_has_a_default() {
        let limit = |limit| Listing::new(limit, None).limit();
        assert_eq!([None, Some(0), Some(-1), Some(i64::MIN)].map(limit), [10; 4]);
        assert_eq!([Some(1), Some(100), Some(101), Some(i64::MAX)].map(limit), [1, 100, 100, 100]);
    }

    #[test]
    fn a_time_that_is_not_positive_counts_as_not_given() {
        let after = |after| Listing::new(None, after).after();
        assert_eq!([None, Some(0), Some(-5)].map(after), [None; 3]);
        assert_eq!(after(Some(i64::MAX)), Some(i64::MAX));
    }
}

//! What a listing asks for, and what a page shows.

use super::Event;

const LIMIT_DEFAULT: i64 = 10;
/// The most events that can be asked for; events of the last one's second come on top.
pub const LIMIT_MAX: i64 = 100;

/// Which events are asked for, by time.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Listing {
    limit: i64,
    after: Option<i64>,
}

impl Listing {
    /// So many events, at most [`LIMIT_MAX`], that are strictly later than a time in Unix seconds. Numbers that are not
    /// positive count as not given.
    #[must_use]
    pub fn new(limit: Option<i64>, after: Option<i64>) -> Self {
        let positive = |number: &i64| *number > 0;
        let limit = limit.filter(positive).unwrap_or(LIMIT_DEFAULT).min(LIMIT_MAX);
        Self { limit, after: after.filter(positive) }
    }

    /// How many.
    #[must_use]
    pub fn limit(self) -> i64 {
        self.limit
    }

    /// Strictly later than this; from the oldest on where it is not given.
    #[must_use]
    pub fn after(self) -> Option<i64> {
        self.after
    }
}

/// An event with the seats that can be had.
#[derive(Clone, Debug, PartialEq)]
pub struct Offer {
    /// The event.
    pub event: Event,
    /// How many of its seats are neither sold nor held.
    pub available: u32,
}

impl Offer {
    /// The event, given how many of its seats are sold or held. An event that ticketing does not know yet has no seats
    /// to give. Ticketing may know of a growth that is later than what was read here, so more may be occupied.
    #[must_use]
    pub fn new(event: Event, occupied: Option<u32>) -> Self {
        let seat_count = event.details.seat_count.get();
        let available = occupied.map_or(0, |occupied| seat_count.saturating_sub(occupied));
        Self { event, available }
    }
}

/// A page of the listing.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Page {
    /// The events, by time, then id.
    pub offers: Vec<Offer>,
}

impl Page {
    /// The time that asks for the next page: the last event's, 0 where the page is empty.
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

//! What a listing asks for, and what a page contains.

use booked_contract::sale::EventStatus;

use super::{Event, SearchText};

const LIMIT_DEFAULT: i64 = 10;
/// The most events that a client can ask for. Other events of the last one's second are added to them.
pub const LIMIT_MAX: i64 = 100;

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Listing {
    limit: i64,
    after: Option<i64>,
    filter: EventFilter,
}

/// Which events a listing has, apart from where its page begins. The default has all.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct EventFilter {
    /// Only events before this, in Unix seconds.
    pub to: Option<i64>,
    /// Only events that stand so now.
    pub status: Option<EventStatus>,
    /// Only events in which all these words are found.
    pub text: Option<SearchText>,
}

impl Listing {
    /// At most `limit` events, capped at [`LIMIT_MAX`], that are strictly later than `after`, a time in Unix seconds.
    /// Numbers that are not positive count as absent.
    #[must_use]
    pub fn new(limit: Option<i64>, after: Option<i64>) -> Self {
        let limit = positive(limit).unwrap_or(LIMIT_DEFAULT).min(LIMIT_MAX);
        Self { limit, after: positive(after), filter: EventFilter::default() }
    }

    /// Of these only the events that are not before `from`, and before `to`, in Unix seconds. Numbers that are not
    /// positive count as absent.
    #[must_use]
    pub fn between(self, from: Option<i64>, to: Option<i64>) -> Self {
        let before_from = positive(from).map(|from| from - 1);
        let filter = EventFilter { to: positive(to), ..self.filter };
        Self { after: self.after.max(before_from), filter, ..self }
    }

    /// Of these only the events with this status.
    #[must_use]
    pub fn with_status(self, status: Option<EventStatus>) -> Self {
        Self { filter: EventFilter { status, ..self.filter }, ..self }
    }

    /// Of these only the events in which all words are found.
    #[must_use]
    pub fn with_text(self, text: Option<SearchText>) -> Self {
        Self { filter: EventFilter { text, ..self.filter }, ..self }
    }

    #[must_use]
    pub fn limit(&self) -> i64 {
        self.limit
    }

    /// The listing has only events strictly later than this; it begins with the oldest if this is absent.
    #[must_use]
    pub fn after(&self) -> Option<i64> {
        self.after
    }

    #[must_use]
    pub fn filter(&self) -> &EventFilter {
        &self.filter
    }
}

fn positive(number: Option<i64>) -> Option<i64> {
    number.filter(|number| *number > 0)
}

/// An event with its free seats.
#[derive(Clone, Debug, PartialEq)]
pub struct Offer {
    pub event: Event,
    /// How many of its seats are neither sold nor held.
    pub available: u32,
    pub status: EventStatus,
}

impl Offer {
    /// `occupied` is how many of the event's seats are sold or held. An event that ticketing does not know yet has no
    /// free seats. Ticketing may already know of added seats that were not yet read here, so more seats may be occupied
    /// than the event has here. The status is that of `now_unix_ms`, in Unix milliseconds.
    #[must_use]
    pub fn new(event: Event, occupied: Option<u32>, now_unix_ms: i64) -> Self {
        let seat_count = event.details.seat_count.get();
        let available = occupied.map_or(0, |occupied| seat_count.saturating_sub(occupied));
        let status = event.status(now_unix_ms);
        Self { event, available, status }
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

    #[test]
    fn a_page_begins_after_the_later_of_timestamp_and_the_second_before_from() {
        let after = |after, from| Listing::new(None, after).between(from, None).after();
        assert_eq!(
            [after(Some(5), Some(5)), after(Some(5), Some(7)), after(Some(9), Some(7))],
            [5, 6, 9].map(Some)
        );
        assert_eq!(
            [after(None, Some(1)), after(None, Some(0)), after(None, Some(i64::MIN))],
            [Some(0), None, None]
        );
    }

    #[test]
    fn a_listing_that_is_bounded_by_nothing_has_no_filter() {
        let listing = Listing::new(None, None).between(Some(9), Some(-1)).with_status(None).with_text(None);
        assert_eq!(listing.filter(), &EventFilter::default());
    }
}

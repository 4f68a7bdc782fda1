//! Query parameters that several routes read in the same way.

use booked_ids::EventId;
use booked_server::{
    ApiError,
    query::{first, first_integer},
};

use super::ids::event_id;

/// A parameter as a positive integer; a value that is none counts as absent.
pub(super) fn first_positive(query: &str, name: &str) -> Option<i64> {
    first_integer(query, name).filter(|number| *number > 0)
}

/// Which events a request is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum EventFilter {
    /// None is named.
    All,
    /// This one.
    One(EventId),
    /// One that is named by a UUID that no event can have.
    Nothing,
}

impl EventFilter {
    /// As `event_id` says.
    ///
    /// # Errors
    ///
    /// SYS-03 if it is no UUID.
    pub(super) fn of(query: &str) -> Result<Self, ApiError> {
        let Some(text) = first(query, "event_id") else { return Ok(Self::All) };
        Ok(event_id(&text)?.map_or(Self::Nothing, Self::One))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn of_two_the_first_counts() {
        assert_eq!(first("after=a&after=b", "after").as_deref(), Some("a"));
        assert_eq!(first_positive("limit=x&limit=5", "limit"), None);
        assert_eq!(first_positive("limit=5&limit=x", "limit"), Some(5));
    }

    #[test]
    fn what_is_no_positive_integer_counts_as_not_given() {
        for odd in
            ["", "limit", "limit=", "limit=+5", "limit=%2B5", "limit=-5", "limit=0", "limit=5.0", "Limit=5"]
        {
            assert_eq!(first_positive(odd, "limit"), None, "{odd}");
        }
        assert_eq!(first_positive("limit=9223372036854775808", "limit"), None);
        assert_eq!(first_positive("limit=9223372036854775807", "limit"), Some(i64::MAX));
    }

    #[test]
    fn nothing_is_too_odd_to_be_read() {
        for odd in ["%", "%zz=1", "&&&", "=", "event_id=%FF%00", "event_id=%C3%28", "\u{0}"] {
            let _ = EventFilter::of(odd);
        }
    }
}

//! When and to whom an event sells, as the event service decides it and ticketing carries it out.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// The terms of an event's sale. The default sells at once, to everybody, without an end.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize, Serialize)]
pub struct SaleTerms {
    /// From when on seats can be reserved, in Unix seconds; none: from the beginning.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub on_sale_unix_time: Option<i64>,
    /// From when on seats can no longer be reserved, in Unix seconds; none: never.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub off_sale_unix_time: Option<i64>,
    /// Whether nothing can be reserved for now.
    #[serde(default, skip_serializing_if = "is_false")]
    pub paused: bool,
    /// How many tickets one user may hold and have; none: the deployment's default.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub max_per_buyer: Option<u32>,
    /// Whether the event will not take place; nothing ends that.
    #[serde(default, skip_serializing_if = "is_false")]
    pub cancelled: bool,
    /// Why it was cancelled, for a person.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cancel_reason: Option<String>,
}

impl SaleTerms {
    /// What they come to at a time in Unix milliseconds: what lasts goes before what passes.
    #[must_use]
    pub fn status(&self, now_unix_ms: i64) -> EventStatus {
        let has_come = |unix_time: i64| unix_time.saturating_mul(1000) <= now_unix_ms;
        if self.cancelled {
            EventStatus::Cancelled
        } else if self.off_sale_unix_time.is_some_and(has_come) {
            EventStatus::Closed
        } else if self.paused {
            EventStatus::Paused
        } else if self.on_sale_unix_time.is_some_and(|opens| !has_come(opens)) {
            EventStatus::Scheduled
        } else {
            EventStatus::OnSale
        }
    }
}

/// Where an event stands. Clients must accept values that they do not know.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Deserialize, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum EventStatus {
    /// Its sale has not begun.
    Scheduled,
    /// Seats can be reserved.
    OnSale,
    /// Nothing can be reserved for now.
    Paused,
    /// Its sale is over.
    Closed,
    /// It will not take place.
    Cancelled,
    /// A value that this version does not know. It is read, and never written.
    #[serde(other, skip_serializing)]
    Other,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde passes a reference")]
fn is_false(value: &bool) -> bool {
    !value
}

#[cfg(test)]
mod tests {
    use super::*;

    fn window() -> SaleTerms {
        SaleTerms { on_sale_unix_time: Some(10), off_sale_unix_time: Some(20), ..SaleTerms::default() }
    }

    #[test]
    fn without_terms_an_event_is_on_sale() {
        assert_eq!(SaleTerms::default().status(i64::MIN), EventStatus::OnSale);
        assert_eq!(SaleTerms::default().status(i64::MAX), EventStatus::OnSale);
    }

    #[test]
    fn a_window_opens_and_closes_at_its_very_millisecond() {
        let status = [9_999, 10_000, 19_999, 20_000].map(|now| window().status(now));
        use EventStatus::{Closed, OnSale, Scheduled};
        assert_eq!(status, [Scheduled, OnSale, OnSale, Closed]);
    }

    #[test]
    fn what_lasts_goes_before_what_passes() {
        let paused = SaleTerms { paused: true, ..window() };
        assert_eq!([0, 15_000].map(|now| paused.status(now)), [EventStatus::Paused; 2]);
        assert_eq!(paused.status(20_000), EventStatus::Closed);
        let cancelled = SaleTerms { cancelled: true, ..paused };
        assert_eq!([0, 15_000, 20_000].map(|now| cancelled.status(now)), [EventStatus::Cancelled; 3]);
    }
}

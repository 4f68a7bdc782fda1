//! When and to whom an event sells, and whether it was cancelled.

use booked_contract::sale;

use super::UnixTime;

/// The most tickets that a limit may allow one buyer.
const BUYER_LIMIT_MAX: u32 = 100;

/// The terms of an event's sale. The default sells at once, to everybody, without an end.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct SaleTerms {
    pub window: SaleWindow,
    /// Whether nothing can be reserved for now.
    pub paused: bool,
    /// `None` if the deployment's default applies.
    pub max_per_buyer: Option<BuyerLimit>,
}

/// From when until when seats can be reserved. If there are both times, the end comes after the beginning.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct SaleWindow {
    opens: Option<UnixTime>,
    closes: Option<UnixTime>,
}

/// How many tickets of an event one user may hold and have: 1 to 100.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BuyerLimit(u32);

/// A change of the terms.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct TermsChange {
    pub opens: Edit<UnixTime>,
    pub closes: Edit<UnixTime>,
    pub paused: Option<bool>,
    pub max_per_buyer: Edit<BuyerLimit>,
}

/// A change of something that an event may have or not.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Edit<T> {
    #[default]
    Keep,
    /// Takes it away.
    Clear,
    Set(T),
}

/// The terms are out of range, or contradict each other.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum InvalidTerms {
    #[error("on_sale_unix_time must be 1 to 253402300799")]
    Opens,
    #[error("off_sale_unix_time must be 1 to 253402300799")]
    Closes,
    /// The end of the sale is not after its beginning.
    #[error("off_sale_unix_time must be after on_sale_unix_time")]
    EndsBeforeItBegins,
    #[error("max_per_buyer must be 1 to {BUYER_LIMIT_MAX}")]
    BuyerLimit,
}

/// An event will not take place; nothing takes that back.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cancellation {
    /// For those who have tickets or wait. `None` if none was given.
    pub reason: Option<CancelReason>,
}

/// Why an event was cancelled, for a person to read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CancelReason(String);

/// The reason is too long.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("reason must have at most {} characters", CancelReason::CHARS_MAX)]
pub struct InvalidReason;

impl SaleTerms {
    /// The terms after a change. The times are judged on the result.
    ///
    /// # Errors
    ///
    /// [`InvalidTerms::EndsBeforeItBegins`].
    pub fn changed(self, change: TermsChange) -> Result<Self, InvalidTerms> {
        let SaleWindow { opens, closes } = self.window;
        Ok(Self {
            window: SaleWindow::new(change.opens.of(opens), change.closes.of(closes))?,
            paused: change.paused.unwrap_or(self.paused),
            max_per_buyer: change.max_per_buyer.of(self.max_per_buyer),
        })
    }

    /// These terms, and what became of the event, as ticketing is told.
    #[must_use]
    pub fn to_wire(self, cancelled: Option<&Cancellation>) -> sale::SaleTerms {
        sale::SaleTerms {
            on_sale_unix_time: self.window.opens.map(UnixTime::seconds),
            off_sale_unix_time: self.window.closes.map(UnixTime::seconds),
            paused: self.paused,
            max_per_buyer: self.max_per_buyer.map(BuyerLimit::get),
            cancelled: cancelled.is_some(),
            cancel_reason: cancelled.and_then(|it| it.reason.clone()).map(String::from),
        }
    }
}

impl SaleWindow {
    /// Accepts an end only after the beginning.
    ///
    /// # Errors
    ///
    /// [`InvalidTerms::EndsBeforeItBegins`].
    pub fn new(opens: Option<UnixTime>, closes: Option<UnixTime>) -> Result<Self, InvalidTerms> {
        match (opens, closes) {
            (Some(opens), Some(closes)) if closes <= opens => Err(InvalidTerms::EndsBeforeItBegins),
            _ => Ok(Self { opens, closes }),
        }
    }

    /// `None` if seats can be reserved from the beginning.
    #[must_use]
    pub fn opens(self) -> Option<UnixTime> {
        self.opens
    }

    /// `None` if the sale has no end.
    #[must_use]
    pub fn closes(self) -> Option<UnixTime> {
        self.closes
    }
}

impl BuyerLimit {
    /// Accepts a number within the range.
    ///
    /// # Errors
    ///
    /// [`InvalidTerms::BuyerLimit`] if it is out of range.
    pub fn parse(tickets: i64) -> Result<Self, InvalidTerms> {
        let tickets = u32::try_from(tickets).map_err(|_| InvalidTerms::BuyerLimit)?;
        if (1..=BUYER_LIMIT_MAX).contains(&tickets) {
            Ok(Self(tickets))
        } else {
            Err(InvalidTerms::BuyerLimit)
        }
    }

    #[must_use]
    pub fn get(self) -> u32 {
        self.0
    }
}

impl TermsChange {
    /// Whether it names none of the terms.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }
}

impl<T: Copy> Edit<T> {
    /// What `before` becomes.
    fn of(self, before: Option<T>) -> Option<T> {
        match self {
            Self::Keep => before,
            Self::Clear => None,
            Self::Set(value) => Some(value),
        }
    }
}

impl CancelReason {
    /// The maximum length, in characters.
    pub const CHARS_MAX: usize = 1_000;

    /// Accepts a text that is not too long. An empty one says nothing, so it is none.
    ///
    /// # Errors
    ///
    /// [`InvalidReason`] if it is too long.
    pub fn parse(text: String) -> Result<Option<Self>, InvalidReason> {
        if text.chars().count() > Self::CHARS_MAX {
            return Err(InvalidReason);
        }
        Ok((!text.is_empty()).then_some(Self(text)))
    }

    /// For a text that was parsed before it was stored.
    #[must_use]
    pub fn from_store(text: String) -> Self {
        Self(text)
    }

    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl From<CancelReason> for String {
    fn from(reason: CancelReason) -> Self {
        reason.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn time(seconds: i64) -> UnixTime {
        UnixTime::parse(seconds).unwrap()
    }

    #[test]
    fn an_end_comes_after_the_beginning() {
        assert!(SaleWindow::new(None, None).is_ok());
        assert!(SaleWindow::new(Some(time(5)), None).is_ok());
        assert!(SaleWindow::new(None, Some(time(5))).is_ok());
        assert!(SaleWindow::new(Some(time(5)), Some(time(6))).is_ok());
        for closes in [5, 4] {
            let window = SaleWindow::new(Some(time(5)), Some(time(closes)));
            assert_eq!(window, Err(InvalidTerms::EndsBeforeItBegins), "{closes}");
        }
    }

    #[test]
    fn times_are_judged_on_the_result_of_a_change() {
        let window = SaleWindow::new(Some(time(5)), Some(time(10))).unwrap();
        let terms = SaleTerms { window, ..SaleTerms::default() };
        let later = TermsChange { opens: Edit::Set(time(10)), ..TermsChange::default() };
        assert_eq!(terms.changed(later), Err(InvalidTerms::EndsBeforeItBegins));
        let both = TermsChange { closes: Edit::Set(time(11)), ..later };
        assert_eq!(terms.changed(both).unwrap().window.closes(), Some(time(11)));
        let without_end = TermsChange { closes: Edit::Clear, ..later };
        assert_eq!(terms.changed(without_end).unwrap().window.closes(), None);
    }

    #[test]
    fn what_is_not_named_stays() {
        let terms =
            SaleTerms { paused: true, max_per_buyer: BuyerLimit::parse(4).ok(), ..SaleTerms::default() };
        assert_eq!(terms.changed(TermsChange::default()), Ok(terms));
        let open = TermsChange { paused: Some(false), ..TermsChange::default() };
        assert_eq!(terms.changed(open), Ok(SaleTerms { paused: false, ..terms }));
        let unlimited = TermsChange { max_per_buyer: Edit::Clear, ..TermsChange::default() };
        assert_eq!(terms.changed(unlimited), Ok(SaleTerms { max_per_buyer: None, ..terms }));
    }

    #[test]
    fn a_buyer_may_be_allowed_one_to_a_hundred_tickets() {
        for good in [1, 100] {
            assert_eq!(i64::from(BuyerLimit::parse(good).unwrap().get()), good);
        }
        for bad in [i64::MIN, -1, 0, 101, i64::MAX] {
            assert_eq!(BuyerLimit::parse(bad), Err(InvalidTerms::BuyerLimit), "{bad}");
        }
    }

    #[test]
    fn a_reason_has_up_to_a_thousand_characters_and_an_empty_one_is_none() {
        assert_eq!(CancelReason::parse(String::new()), Ok(None));
        assert!(CancelReason::parse("é".repeat(1_000)).is_ok());
        assert_eq!(CancelReason::parse("é".repeat(1_001)), Err(InvalidReason));
    }
}

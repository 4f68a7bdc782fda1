//! An event and how it changes.

use booked_contract::sale::EventStatus;
use booked_ids::EventId;

use super::{
    Address, Cancellation, Coordinates, Description, EventName, FullSecond, InvalidCoordinates, InvalidTerms,
    Latitude, Longitude, SaleTerms, SeatCount, TermsChange, UnixTime,
};

#[derive(Clone, Debug, PartialEq)]
pub struct Event {
    pub id: EventId,
    /// Rises with every change, from 1; see [`Event::next_version`].
    pub version: i64,
    pub details: EventDetails,
    pub terms: SaleTerms,
    /// `None` if it will take place.
    pub cancelled: Option<Cancellation>,
}

/// What clients can know about an event.
#[derive(Clone, Debug, PartialEq)]
pub struct EventDetails {
    pub name: EventName,
    pub unix_time: UnixTime,
    /// For a person to read.
    pub address: Address,
    pub description: Description,
    /// `None` if unknown.
    pub coordinates: Option<Coordinates>,
    pub seat_count: SeatCount,
}

/// A change: the fields that are given replace the present ones; the others stay as they are.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct EventChange {
    pub name: Option<EventName>,
    pub unix_time: Option<UnixTime>,
    pub address: Option<Address>,
    pub description: Option<Description>,
    pub latitude: Option<Latitude>,
    pub longitude: Option<Longitude>,
    pub seat_count: Option<SeatCount>,
    pub terms: TermsChange,
}

/// Why an event does not allow a change.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ChangeRefused {
    /// Of a cancelled event only the texts can change.
    #[error("the event is cancelled, and of it only name, address and description can change")]
    Cancelled,
    /// Seats may have been sold, so none can be taken away.
    #[error("there are {0} seats, and seats cannot be taken away")]
    FewerSeats(u32),
    /// After the change, the event would have one coordinate without the other.
    #[error(transparent)]
    Coordinates(InvalidCoordinates),
    /// After the change, the sale would end before it begins.
    #[error(transparent)]
    Terms(InvalidTerms),
    /// Its second has as many events as it may have.
    #[error(transparent)]
    FullSecond(FullSecond),
}

impl Event {
    #[must_use]
    pub fn new(id: EventId, details: EventDetails, terms: SaleTerms) -> Self {
        Self { id, version: 1, details, terms, cancelled: None }
    }

    /// Where it stands at this time in Unix milliseconds.
    #[must_use]
    pub fn status(&self, now_unix_ms: i64) -> EventStatus {
        self.terms.to_wire(self.cancelled.as_ref()).status(now_unix_ms)
    }

    /// The version after this one, at this time in Unix milliseconds by the database's clock. It follows the clock, so
    /// that it is higher even than a version that was acknowledged and then lost in a failover: a service that has seen
    /// the lost version then takes the next change for a newer one, which it is.
    #[must_use]
    pub fn next_version(&self, now_unix_ms: i64) -> i64 {
        now_unix_ms.max(self.version + 1)
    }

    /// The event after the change, with its next version; `None` if the change changes nothing. A change that names
    /// terms of the sale makes a new version even if they are the same: whoever repeats such a change needs to know that
    /// ticketing has applied it.
    ///
    /// # Errors
    ///
    /// See [`ChangeRefused`].
    pub fn changed(&self, change: EventChange, now_unix_ms: i64) -> Result<Option<Self>, ChangeRefused> {
        let before = &self.details;
        if self.cancelled.is_some() && !self.differs_in_texts_alone(&change) {
            return Err(ChangeRefused::Cancelled);
        }
        if change.seat_count.is_some_and(|seat_count| seat_count < before.seat_count) {
            return Err(ChangeRefused::FewerSeats(before.seat_count.get()));
        }
        let latitude = change.latitude.or(before.coordinates.map(|it| it.latitude));
        let longitude = change.longitude.or(before.coordinates.map(|it| it.longitude));
        let coordinates = Coordinates::pair(latitude, longitude).map_err(ChangeRefused::Coordinates)?;
        let terms = self.terms.changed(change.terms).map_err(ChangeRefused::Terms)?;
        let details = EventDetails {
            name: change.name.unwrap_or_else(|| before.name.clone()),
            unix_time: change.unix_time.unwrap_or(before.unix_time),
            address: change.address.unwrap_or_else(|| before.address.clone()),
            description: change.description.unwrap_or_else(|| before.description.clone()),
            coordinates,
            seat_count: change.seat_count.unwrap_or(before.seat_count),
        };
        if details == *before && change.terms.is_empty() {
            return Ok(None);
        }
        let version = self.next_version(now_unix_ms);
        Ok(Some(Self { id: self.id, version, details, terms, cancelled: self.cancelled.clone() }))
    }

    /// The event after it was cancelled, with its next version, also if it was cancelled before; then the first reason
    /// stays.
    #[must_use]
    pub fn cancelled(self, cancellation: Cancellation, now_unix_ms: i64) -> Self {
        let version = self.next_version(now_unix_ms);
        Self { version, cancelled: self.cancelled.or(Some(cancellation)), ..self }
    }

    /// Whether everything that the change names, apart from texts, is so already.
    fn differs_in_texts_alone(&self, change: &EventChange) -> bool {
        let EventDetails { unix_time, coordinates, seat_count, .. } = &self.details;
        change.unix_time.is_none_or(|it| it == *unix_time)
            && change.seat_count.is_none_or(|it| it == *seat_count)
            && change.latitude.is_none_or(|it| coordinates.is_some_and(|at| at.latitude == it))
            && change.longitude.is_none_or(|it| coordinates.is_some_and(|at| at.longitude == it))
            && self.terms.changed(change.terms) == Ok(self.terms)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::CancelReason;

    const NOW: i64 = 1_900_000_000_000;

    fn event() -> Event {
        let details = EventDetails {
            name: EventName::parse("Proms".to_owned()).unwrap(),
            unix_time: UnixTime::parse(1_900_000_000).unwrap(),
            address: Address::parse("London".to_owned()).unwrap(),
            description: Description::parse("Music".to_owned()).unwrap(),
            coordinates: None,
            seat_count: SeatCount::parse(10).unwrap(),
        };
        Event::new(EventId::new(0, [1; 16]), details, SaleTerms::default())
    }

    fn seats(count: i64) -> EventChange {
        EventChange { seat_count: SeatCount::parse(count).ok(), ..EventChange::default() }
    }

    #[test]
    fn a_change_of_nothing_is_no_new_version() {
        assert_eq!(event().changed(EventChange::default(), NOW), Ok(None));
        assert_eq!(event().changed(seats(10), NOW), Ok(None));
    }

    #[test]
    fn only_what_is_named_changes() {
        let name = EventName::parse("Last night".to_owned()).ok();
        let after = event().changed(EventChange { name, ..EventChange::default() }, NOW).unwrap().unwrap();
        assert_eq!((after.version, after.details.name.as_str()), (NOW, "Last night"));
        assert_eq!(EventDetails { name: event().details.name, ..after.details }, event().details);
    }

    #[test]
    fn seats_grow_and_never_shrink() {
        assert_eq!(event().changed(seats(11), NOW).unwrap().unwrap().details.seat_count.get(), 11);
        assert_eq!(event().changed(seats(9), NOW), Err(ChangeRefused::FewerSeats(10)));
    }

    #[test]
    fn coordinates_are_judged_on_the_result() {
        let (latitude, longitude) = (Latitude::parse(1.0).ok(), Longitude::parse(2.0).ok());
        let change = EventChange { latitude, ..EventChange::default() };
        let refused = ChangeRefused::Coordinates(InvalidCoordinates::Incomplete);
        assert_eq!(event().changed(change.clone(), NOW), Err(refused));
        let placed = event().changed(EventChange { longitude, ..change }, NOW).unwrap().unwrap();
        let moved = EventChange { latitude: Latitude::parse(3.0).ok(), ..EventChange::default() };
        let moved = placed.changed(moved, NOW).unwrap().unwrap().details.coordinates.unwrap();
        assert_eq!((moved.latitude.degrees(), moved.longitude.degrees()), (3.0, 2.0));
    }

    #[test]
    fn a_version_follows_the_clock_and_never_goes_back_with_it() {
        let after = event().changed(seats(11), NOW).unwrap().unwrap();
        assert_eq!((after.version, after.next_version(NOW)), (NOW, NOW + 1));
        assert_eq!(after.next_version(NOW - 60_000), NOW + 1);
        assert_eq!(after.next_version(NOW + 60_000), NOW + 60_000);
    }

    #[test]
    fn terms_that_are_named_make_a_new_version_even_if_they_are_the_same() {
        let terms = TermsChange { paused: Some(false), ..TermsChange::default() };
        let after = event().changed(EventChange { terms, ..EventChange::default() }, NOW).unwrap().unwrap();
        assert_eq!(after, Event { version: NOW, ..event() });
    }

    #[test]
    fn the_first_reason_of_a_cancellation_stays() {
        let reason = |text: &str| Cancellation { reason: CancelReason::parse(text.to_owned()).unwrap() };
        let once = event().cancelled(reason("Rain"), NOW);
        assert_eq!((once.version, &once.cancelled), (NOW, &Some(reason("Rain"))));
        let twice = once.cancelled(reason("Snow"), NOW);
        assert_eq!((twice.version, &twice.cancelled), (NOW + 1, &Some(reason("Rain"))));
        let without = event().cancelled(reason(""), NOW).cancelled(reason("Snow"), NOW);
        assert_eq!(without.cancelled, Some(reason("")));
    }

    #[test]
    fn of_a_cancelled_event_only_texts_change() {
        let cancelled = event().cancelled(Cancellation { reason: None }, NOW);
        let name = EventName::parse("Last night".to_owned()).ok();
        let same = EventChange { unix_time: UnixTime::parse(1_900_000_000).ok(), ..seats(10) };
        let after = cancelled.changed(EventChange { name, ..same }, NOW).unwrap().unwrap();
        assert_eq!(after.details.name.as_str(), "Last night");
        assert!(after.cancelled.is_some());
        let none = EventChange::default;
        for change in [
            seats(11),
            seats(9),
            EventChange { unix_time: UnixTime::parse(5).ok(), ..none() },
            EventChange { latitude: Latitude::parse(1.0).ok(), ..none() },
            EventChange { longitude: Longitude::parse(1.0).ok(), ..none() },
            EventChange { terms: TermsChange { paused: Some(true), ..TermsChange::default() }, ..none() },
        ] {
            assert_eq!(cancelled.changed(change.clone(), NOW), Err(ChangeRefused::Cancelled), "{change:?}");
        }
    }
}

//! An event and how it changes.

use booked_ids::EventId;

use super::{
    Address, Coordinates, Description, EventName, FullSecond, InvalidCoordinates, Latitude, Longitude,
    SeatCount, UnixTime,
};

#[derive(Clone, Debug, PartialEq)]
pub struct Event {
    pub id: EventId,
    /// Rises with every change, from 1; see [`Event::next_version`].
    pub version: i64,
    pub details: EventDetails,
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
}

/// Why an event does not allow a change.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ChangeRefused {
    /// Seats may have been sold, so none can be taken away.
    #[error("there are {0} seats, and seats cannot be taken away")]
    FewerSeats(u32),
    /// After the change, the event would have one coordinate without the other.
    #[error(transparent)]
    Coordinates(InvalidCoordinates),
    /// Its second has as many events as it may have.
    #[error(transparent)]
    FullSecond(FullSecond),
}

impl Event {
    #[must_use]
    pub fn new(id: EventId, details: EventDetails) -> Self {
        Self { id, version: 1, details }
    }

    /// The version after this one, at this time in Unix milliseconds by the database's clock. It follows the clock, so
    /// that it is higher even than a version that was acknowledged and then lost in a failover: a service that has seen
    /// the lost version then takes the next change for a newer one, which it is.
    #[must_use]
    pub fn next_version(&self, now_unix_ms: i64) -> i64 {
        now_unix_ms.max(self.version + 1)
    }

    /// The event after the change, with its next version; `None` if the change changes nothing.
    ///
    /// # Errors
    ///
    /// See [`ChangeRefused`].
    pub fn changed(&self, change: EventChange, now_unix_ms: i64) -> Result<Option<Self>, ChangeRefused> {
        let before = &self.details;
        if change.seat_count.is_some_and(|seat_count| seat_count < before.seat_count) {
            return Err(ChangeRefused::FewerSeats(before.seat_count.get()));
        }
        let latitude = change.latitude.or(before.coordinates.map(|it| it.latitude));
        let longitude = change.longitude.or(before.coordinates.map(|it| it.longitude));
        let coordinates = Coordinates::pair(latitude, longitude).map_err(ChangeRefused::Coordinates)?;
        let details = EventDetails {
            name: change.name.unwrap_or_else(|| before.name.clone()),
            unix_time: change.unix_time.unwrap_or(before.unix_time),
            address: change.address.unwrap_or_else(|| before.address.clone()),
            description: change.description.unwrap_or_else(|| before.description.clone()),
            coordinates,
            seat_count: change.seat_count.unwrap_or(before.seat_count),
        };
        if details == *before {
            return Ok(None);
        }
        Ok(Some(Self { id: self.id, version: self.next_version(now_unix_ms), details }))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

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
        Event::new(EventId::new(0, [1; 16]), details)
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
}

//! An event and how it changes.

use booked_ids::EventId;

use super::{
    Address, Coordinates, Description, EventName, FullSecond, InvalidCoordinates, Latitude, Longitude,
    SeatCount, UnixTime,
};

/// Something that takes place.
#[derive(Clone, Debug, PartialEq)]
pub struct Event {
    /// Its id.
    pub id: EventId,
    /// Rises with every change, from 1.
    pub version: i64,
    /// What can be known of it.
    pub details: EventDetails,
}

/// What can be known of an event.
#[derive(Clone, Debug, PartialEq)]
pub struct EventDetails {
    /// What takes place.
    pub name: EventName,
    /// When.
    pub unix_time: UnixTime,
    /// Where, for a person.
    pub address: Address,
    /// More about it.
    pub description: Description,
    /// Where on the globe, if that is known.
    pub coordinates: Option<Coordinates>,
    /// How many seats there are.
    pub seat_count: SeatCount,
}

/// A change: what is named becomes that, the rest stays.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct EventChange {
    /// What takes place.
    pub name: Option<EventName>,
    /// When.
    pub unix_time: Option<UnixTime>,
    /// Where, for a person.
    pub address: Option<Address>,
    /// More about it.
    pub description: Option<Description>,
    /// Degrees north.
    pub latitude: Option<Latitude>,
    /// Degrees east.
    pub longitude: Option<Longitude>,
    /// How many seats there are.
    pub seat_count: Option<SeatCount>,
}

/// The event does not bear the change.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ChangeRefused {
    /// Seats may be sold, so none is taken away.
    #[error("there are {0} seats, and seats cannot be taken away")]
    FewerSeats(u32),
    /// The event would have one coordinate without the other.
    #[error(transparent)]
    Coordinates(InvalidCoordinates),
    /// It would be one event too many at its second.
    #[error(transparent)]
    FullSecond(FullSecond),
}

impl Event {
    /// A new event.
    #[must_use]
    pub fn new(id: EventId, details: EventDetails) -> Self {
        Self { id, version: 1, details }
    }

    /// The event after the change, in its next version; `None` where the change changes nothing.
    ///
    /// # Errors
    ///
    /// See [`ChangeRefused`].
    pub fn changed(&self, change: EventChange) -> Result<Option<Self>, ChangeRefused> {
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
        Ok(Some(Self { id: self.id, version: self.version + 1, details }))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

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
        assert_eq!(event().changed(EventChange::default()), Ok(None));
        assert_eq!(event().changed(seats(10)), Ok(None));
    }

    #[test]
    fn only_what_is_named_changes() {
        let name = EventName::parse("Last night".to_owned()).ok();
        let after = event().changed(EventChange { name, ..EventChange::default() }).unwrap().unwrap();
        assert_eq!((after.version, after.details.name.as_str()), (2, "Last night"));
        assert_eq!(EventDetails { name: event().details.name, ..after.details }, event().details);
    }

    #[test]
    fn seats_grow_and_never_shrink() {
        assert_eq!(event().changed(seats(11)).unwrap().unwrap().details.seat_count.get(), 11);
        assert_eq!(event().changed(seats(9)), Err(ChangeRefused::FewerSeats(10)));
    }

    #[test]
    fn coordinates_are_judged_on_the_result() {
        let (latitude, longitude) = (Latitude::parse(1.0).ok(), Longitude::parse(2.0).ok());
        let change = EventChange { latitude, ..EventChange::default() };
        let refused = ChangeRefused::Coordinates(InvalidCoordinates::Incomplete);
        assert_eq!(event().changed(change.clone()), Err(refused));
        let placed = event().changed(EventChange { longitude, ..change }).unwrap().unwrap();
        let moved = EventChange { latitude: Latitude::parse(3.0).ok(), ..EventChange::default() };
        let moved = placed.changed(moved).unwrap().unwrap().details.coordinates.unwrap();
        assert_eq!((moved.latitude.degrees(), moved.longitude.degrees()), (3.0, 2.0));
    }
}

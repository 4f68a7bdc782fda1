//! The fields of events and their ids, parsed from requests and written to responses.

use booked_contract::{Code, event};
use booked_ids::{EventId, parse_uuid};
use booked_server::ApiError;
use uuid::Uuid;

use crate::domain::{
    BuyerLimit, FullSecond, InvalidCoordinates, InvalidReason, InvalidSeatCount, InvalidTerms, InvalidText,
    InvalidTime, Latitude, Longitude, Offer, UnixTime,
};

/// Parses an event's id as any UUID. Whether it can be an id of this system is checked later, together with whether the
/// event exists.
pub(super) fn parse_id(text: &str) -> Result<Uuid, ApiError> {
    parse_uuid(text).map_err(|error| ApiError::new(Code::InvalidEventId).with_detail(error))
}

/// The event id of this UUID. A UUID of any other form belongs to no event.
pub(super) fn known_form(id: Uuid) -> Result<EventId, ApiError> {
    EventId::from_uuid(id).map_err(|_| ApiError::new(Code::NoSuchEvent))
}

pub(super) fn parse_latitude(degrees: Option<f64>) -> Result<Option<Latitude>, InvalidCoordinates> {
    degrees.map(Latitude::parse).transpose()
}

pub(super) fn parse_longitude(degrees: Option<f64>) -> Result<Option<Longitude>, InvalidCoordinates> {
    degrees.map(Longitude::parse).transpose()
}

/// A time of the sale; `invalid` says which one is out of range.
pub(super) fn parse_time(seconds: i64, invalid: InvalidTerms) -> Result<UnixTime, InvalidTerms> {
    UnixTime::parse(seconds).map_err(|_| invalid)
}

/// An event as clients see it.
pub(super) fn to_wire(Offer { event, available, status }: Offer) -> event::Event {
    let (details, terms) = (event.details, event.terms);
    event::Event {
        id: event.id.as_uuid(),
        name: details.name.into(),
        unix_time: details.unix_time.seconds(),
        address: details.address.into(),
        description: details.description.into(),
        seat_count: details.seat_count.get(),
        available_seats_count: available,
        latitude: details.coordinates.map(|it| it.latitude.degrees()),
        longitude: details.coordinates.map(|it| it.longitude.degrees()),
        on_sale_unix_time: terms.window.opens().map(UnixTime::seconds),
        off_sale_unix_time: terms.window.closes().map(UnixTime::seconds),
        paused: terms.paused.then_some(true),
        max_per_buyer: terms.max_per_buyer.map(BuyerLimit::get),
        status,
    }
}

/// `From` for the errors that share a code.
macro_rules! errors {
    ($($error:ty => $code:ident,)*) => {
        $(impl From<$error> for ApiError {
            fn from(error: $error) -> Self {
                Self::new(Code::$code).with_detail(error)
            }
        })*
    };
}

errors! {
    InvalidSeatCount => InvalidSeatCount,
    InvalidText => InvalidEventData,
    InvalidTime => InvalidEventData,
    FullSecond => InvalidEventData,
    InvalidCoordinates => InvalidEventData,
    InvalidTerms => InvalidEventData,
    InvalidReason => InvalidEventData,
}

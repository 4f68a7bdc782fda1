//! Events as rows, and as entries of the feed.

use std::error::Error;

use booked_contract::feed::EventState;
use booked_feed::NewEntry;
use booked_ids::EventId;
use diesel::{
    AsChangeset, Insertable, QueryResult, Queryable, Selectable,
    sql_types::{BigInt, Bool, Double, Integer, Nullable, Text, Uuid as SqlUuid},
};
use uuid::Uuid;

use super::schema::events;
use crate::domain::{
    Address, BuyerLimit, CancelReason, Cancellation, Coordinates, Description, Event, EventDetails,
    EventName, Latitude, Longitude, SaleTerms, SaleWindow, SeatCount, UnixTime,
};

/// The columns of an event that is not deleted.
#[derive(AsChangeset, Debug, Insertable, Queryable, Selectable)]
#[diesel(table_name = events, treat_none_as_null = true)]
pub(super) struct Row {
    id: Uuid,
    version: i64,
    name: String,
    unix_time: i64,
    address: String,
    description: String,
    latitude: Option<f64>,
    longitude: Option<f64>,
    seat_count: i32,
    on_sale_unix_time: Option<i64>,
    off_sale_unix_time: Option<i64>,
    paused: bool,
    max_per_buyer: Option<i32>,
    cancelled: bool,
    cancel_reason: Option<String>,
}

/// The columns of a [`Row`] in their order, for statements that are written by hand.
pub(super) const COLUMNS: &str = "id, version, name, unix_time, address, description, latitude, longitude, \
    seat_count, on_sale_unix_time, off_sale_unix_time, paused, max_per_buyer, cancelled, cancel_reason";

/// The types of these columns.
pub(super) type Columns = (
    SqlUuid,
    BigInt,
    Text,
    BigInt,
    Text,
    Text,
    Nullable<Double>,
    Nullable<Double>,
    Integer,
    Nullable<BigInt>,
    Nullable<BigInt>,
    Bool,
    Nullable<Integer>,
    Bool,
    Nullable<Text>,
);

impl Row {
    pub(super) fn of(event: &Event) -> QueryResult<Self> {
        let (details, terms) = (&event.details, &event.terms);
        let integer = |number: u32| {
            i32::try_from(number).map_err(|error| diesel::result::Error::SerializationError(Box::new(error)))
        };
        let cancelled = event.cancelled.as_ref();
        Ok(Self {
            id: event.id.as_uuid(),
            version: event.version,
            name: details.name.as_str().to_owned(),
            unix_time: details.unix_time.seconds(),
            address: details.address.as_str().to_owned(),
            description: details.description.as_str().to_owned(),
            latitude: details.coordinates.map(|it| it.latitude.degrees()),
            longitude: details.coordinates.map(|it| it.longitude.degrees()),
            seat_count: integer(details.seat_count.get())?,
            on_sale_unix_time: terms.window.opens().map(UnixTime::seconds),
            off_sale_unix_time: terms.window.closes().map(UnixTime::seconds),
            paused: terms.paused,
            max_per_buyer: terms.max_per_buyer.map(|limit| integer(limit.get())).transpose()?,
            cancelled: cancelled.is_some(),
            cancel_reason: cancelled.and_then(|it| it.reason.as_ref()).map(|it| it.as_str().to_owned()),
        })
    }

    /// Parses the row. It fails only if something other than this service has written the row.
    pub(super) fn into_event(self) -> QueryResult<Event> {
        self.parse().map_err(diesel::result::Error::DeserializationError)
    }

    fn parse(self) -> Result<Event, Box<dyn Error + Send + Sync>> {
        let latitude = self.latitude.map(Latitude::parse).transpose()?;
        let longitude = self.longitude.map(Longitude::parse).transpose()?;
        let details = EventDetails {
            name: EventName::from_store(self.name),
            unix_time: UnixTime::from_store(self.unix_time),
            address: Address::from_store(self.address),
            description: Description::from_store(self.description),
            coordinates: Coordinates::pair(latitude, longitude)?,
            seat_count: SeatCount::parse(self.seat_count.into())?,
        };
        let [opens, closes] =
            [self.on_sale_unix_time, self.off_sale_unix_time].map(|time| time.map(UnixTime::from_store));
        let terms = SaleTerms {
            window: SaleWindow::new(opens, closes)?,
            paused: self.paused,
            max_per_buyer: self.max_per_buyer.map(|limit| BuyerLimit::parse(limit.into())).transpose()?,
        };
        let reason = self.cancel_reason.map(CancelReason::from_store);
        let cancelled = self.cancelled.then_some(Cancellation { reason });
        Ok(Event { id: EventId::from_uuid(self.id)?, version: self.version, details, terms, cancelled })
    }
}

/// The whole state of an event, as an entry of the feed.
pub(super) fn state(event: &Event, deleted: bool) -> QueryResult<NewEntry> {
    let details = &event.details;
    let state = EventState {
        event_id: event.id.as_uuid(),
        version: event.version,
        deleted,
        details: booked_contract::event::EventDetails {
            name: details.name.as_str().to_owned(),
            unix_time: details.unix_time.seconds(),
            address: details.address.as_str().to_owned(),
            description: details.description.as_str().to_owned(),
            latitude: details.coordinates.map(|it| it.latitude.degrees()),
            longitude: details.coordinates.map(|it| it.longitude.degrees()),
        },
        seat_count: details.seat_count.get(),
        sale: Some(event.terms.to_wire(event.cancelled.as_ref())),
    };
    NewEntry::new(EventState::KIND, state.event_id, &state)
}

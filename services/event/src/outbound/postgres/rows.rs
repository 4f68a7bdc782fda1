//! Events as rows, and as entries of the feed.

use std::error::Error;

use booked_contract::feed::EventState;
use booked_feed::NewEntry;
use booked_ids::EventId;
use booked_postgres::prepared;
use diesel::{
    AsChangeset, Insertable, QueryResult, Queryable, Selectable,
    pg::Pg,
    query_builder::{AstPass, QueryFragment},
    sql_types::{BigInt, Double, Integer, Nullable, Text, Uuid as SqlUuid},
};
use uuid::Uuid;

use super::schema::events;
use crate::domain::{
    Address, Coordinates, Description, Event, EventDetails, EventName, Latitude, Listing, Longitude,
    SeatCount, UnixTime,
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
}

impl Row {
    pub(super) fn of(event: &Event) -> QueryResult<Self> {
        let details = &event.details;
        let seat_count = i32::try_from(details.seat_count.get())
            .map_err(|error| diesel::result::Error::SerializationError(Box::new(error)))?;
        Ok(Self {
            id: event.id.as_uuid(),
            version: event.version,
            name: details.name.as_str().to_owned(),
            unix_time: details.unix_time.seconds(),
            address: details.address.as_str().to_owned(),
            description: details.description.as_str().to_owned(),
            latitude: details.coordinates.map(|it| it.latitude.degrees()),
            longitude: details.coordinates.map(|it| it.longitude.degrees()),
            seat_count,
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
        Ok(Event { id: EventId::from_uuid(self.id)?, version: self.version, details })
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
        sale: None,
    };
    NewEntry::new(EventState::KIND, state.event_id, &state)
}

/// Reads the rows of a listing: this many after a time, and then all others that share the second of the last one. If
/// there are fewer than that, there is no last one, and all of them are read.
pub(super) struct ReadPage {
    after: i64,
    preceding: i64,
}

impl ReadPage {
    pub(super) fn of(listing: Listing) -> Self {
        // During a rollout an older release, which still accepts events at 0, may run next to this one.
        Self { after: listing.after().unwrap_or(-1), preceding: listing.limit() - 1 }
    }
}

prepared!(ReadPage => (SqlUuid, BigInt, Text, BigInt, Text, Text, Nullable<Double>, Nullable<Double>, Integer));

impl QueryFragment<Pg> for ReadPage {
    fn walk_ast<'b>(&'b self, mut out: AstPass<'_, 'b, Pg>) -> QueryResult<()> {
        out.push_sql(
            "SELECT id, version, name, unix_time, address, description, latitude, longitude, seat_count \
             FROM events WHERE deleted_at IS NULL AND unix_time > ",
        );
        out.push_bind_param::<BigInt, _>(&self.after)?;
        out.push_sql(
            " AND unix_time <= coalesce((SELECT unix_time FROM events WHERE deleted_at IS NULL AND unix_time > ",
        );
        out.push_bind_param::<BigInt, _>(&self.after)?;
        out.push_sql(" ORDER BY unix_time, id LIMIT 1 OFFSET ");
        out.push_bind_param::<BigInt, _>(&self.preceding)?;
        out.push_sql("), 9223372036854775807) ORDER BY unix_time, id");
        Ok(())
    }
}

//! Events as the event service's feed tells them: the newest version counts.

use std::collections::BTreeMap;

use booked_contract::feed::{EventOnSale, EventState};
use booked_feed::{NewEntry, outbox};
use diesel::{
    QueryResult, QueryableByName,
    result::Error,
    sql_types::{BigInt, Bool, Integer, Json, Uuid as SqlUuid},
};
use diesel_async::{AsyncPgConnection, RunQueryDsl as _};
use uuid::Uuid;

#[derive(QueryableByName)]
struct Applied {
    #[diesel(sql_type = SqlUuid)]
    id: Uuid,
    #[diesel(sql_type = BigInt)]
    version: i64,
    #[diesel(sql_type = Bool)]
    deleted: bool,
    #[diesel(sql_type = Integer)]
    seat_count: i32,
}

/// Keeps what is newer than what is known, and hands it on in the own feed; runs in the consumer's transaction. Rows are
/// locked in the order of ids, as bookings lock them.
///
/// # Errors
///
/// Where a statement fails.
pub async fn apply_event_states(
    connection: &mut AsyncPgConnection,
    states: Vec<EventState>,
) -> QueryResult<()> {
    let mut newest: BTreeMap<Uuid, EventState> = BTreeMap::new();
    for state in states {
        match newest.get(&state.event_id) {
            Some(known) if known.version >= state.version => {}
            _ => drop(newest.insert(state.event_id, state)),
        }
    }
    if newest.is_empty() {
        return Ok(());
    }
    let states: Vec<EventState> = newest.into_values().collect();
    let states = serde_json::to_value(states).map_err(|error| Error::SerializationError(Box::new(error)))?;
    let applied: Vec<Applied> = diesel::sql_query(
        "INSERT INTO events (id, version, deleted, name, unix_time, address, description, latitude, longitude, \
             seat_count) \
         SELECT event_id, version, deleted, name, unix_time, address, description, latitude, longitude, seat_count \
         FROM json_to_recordset($1) AS state (event_id uuid, version bigint, deleted boolean, name text, \
             unix_time bigint, address text, description text, latitude double precision, \
             longitude double precision, seat_count int) \
         ORDER BY event_id \
         ON CONFLICT (id) DO UPDATE SET version = excluded.version, deleted = excluded.deleted, \
             name = excluded.name, unix_time = excluded.unix_time, address = excluded.address, \
             description = excluded.description, latitude = excluded.latitude, longitude = excluded.longitude, \
             seat_count = excluded.seat_count \
         WHERE events.version < excluded.version AND NOT events.deleted \
         RETURNING id, version, deleted, seat_count",
    )
    .bind::<Json, _>(states)
    .load(connection)
    .await?;
    let entries = applied.into_iter().map(Applied::handed_on).collect::<QueryResult<Vec<_>>>()?;
    if !entries.is_empty() {
        outbox::append(connection, &entries).await?;
    }
    Ok(())
}

impl Applied {
    fn handed_on(self) -> QueryResult<NewEntry> {
        let seat_count = u32::try_from(self.seat_count).unwrap_or_default();
        let on_sale =
            EventOnSale { event_id: self.id, version: self.version, deleted: self.deleted, seat_count };
        NewEntry::new(EventOnSale::KIND, self.id, &on_sale)
    }
}

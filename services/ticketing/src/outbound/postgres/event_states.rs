//! Events as the event service's feed tells them: the newest version counts.
//!
//! A new event is written in the transaction that moves the feed's cursor. A change of one that is known may have to wait for
//! its bookings, and the news of other events must not wait with it: that transaction only notes it, and it is carried out
//! in one of its own, when its turn comes. Notes are whole states with a version, so that the order does not matter.

use std::collections::BTreeMap;

use booked_contract::feed::{EventOnSale, EventState};
use booked_feed::{NewEntry, outbox};
use booked_ids::EventId;
use diesel::{
    QueryDsl as _, QueryResult, QueryableByName,
    dsl::exists,
    result::Error,
    sql_types::{BigInt, Bool, Integer, Json, Uuid as SqlUuid},
};
use diesel_async::{AsyncPgConnection, RunQueryDsl as _};
use uuid::Uuid;

use super::{event_lock, schema::event_changes};

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

/// Keeps events that are new and hands them on in the own feed, and notes changes of those that are known. Runs in the
/// consumer's transaction, and waits for no booking: nobody shares the row of an event before it is committed.
///
/// # Errors
///
/// A statement fails.
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
    let added: Vec<Applied> = diesel::sql_query(
        "INSERT INTO events (id, version, deleted, seat_count, details, sale, highest_limit) \
         SELECT event_id, version, deleted, seat_count, event_details(whole), coalesce(sale, '{}'), \
             (sale->>'max_per_buyer')::int \
         FROM json_array_elements($1) AS whole, json_to_record(whole) AS state \
             (event_id uuid, version bigint, deleted boolean, seat_count int, sale jsonb) \
         ORDER BY event_id ON CONFLICT (id) DO NOTHING \
         RETURNING id, version, deleted, seat_count",
    )
    .bind::<Json, _>(&states)
    .load(connection)
    .await?;
    hand_on(connection, added).await?;
    diesel::sql_query(
        "INSERT INTO event_changes AS noted (event_id, version, state) \
         SELECT state.event_id, state.version, state.whole FROM ( \
             SELECT (whole->>'event_id')::uuid AS event_id, (whole->>'version')::bigint AS version, whole \
             FROM json_array_elements($1) AS whole) AS state \
         CROSS JOIN LATERAL ( \
             SELECT version, deleted FROM events WHERE events.id = state.event_id OFFSET 0) AS known \
         WHERE known.version < state.version AND NOT known.deleted ORDER BY state.event_id \
         ON CONFLICT (event_id) DO UPDATE SET version = excluded.version, state = excluded.state \
         WHERE noted.version < excluded.version",
    )
    .bind::<Json, _>(&states)
    .execute(connection)
    .await?;
    Ok(())
}

/// Carries out the newest change that is noted of an event, when its turn comes, and hands it on in the own feed. Runs in a
/// transaction of its own. If nothing is noted any more, or something older, nothing is changed. If it cancels the event, that is
/// noted, so that a job tells everybody whom it concerns; an event that is cancelled when it arrives concerns nobody.
///
/// # Errors
///
/// A statement fails, or the turn does not come soon.
pub async fn carry_out_change(connection: &mut AsyncPgConnection, event: EventId) -> QueryResult<()> {
    // Also if another call is carrying it out right now, and then this one waits for it.
    let is_noted: bool =
        diesel::select(exists(event_changes::table.find(event.as_uuid()))).get_result(connection).await?;
    if !is_noted {
        return Ok(());
    }
    event_lock::exclusive(connection, event).await?;
    let changed: Vec<Applied> = diesel::sql_query(
        "WITH noted AS (DELETE FROM event_changes WHERE event_id = $1 RETURNING state), \
         changed AS (UPDATE events SET version = state.version, deleted = state.deleted, seat_count = state.seat_count, \
             details = event_details(noted.state), sale = coalesce(state.sale, events.sale), \
             highest_limit = CASE WHEN coalesce(state.sale, events.sale)->>'max_per_buyer' IS NULL THEN NULL \
                 WHEN events.highest_limit IS NULL THEN NULL \
                 ELSE greatest(events.highest_limit, (coalesce(state.sale, events.sale)->>'max_per_buyer')::int) END \
         FROM events AS before, noted, json_to_record(noted.state) AS state \
             (version bigint, deleted boolean, seat_count int, sale jsonb) \
         WHERE before.id = $1 AND events.id = $1 AND events.version < state.version AND NOT events.deleted \
         RETURNING events.id, events.version, events.deleted, events.seat_count, \
             NOT events.deleted AND coalesce((events.sale->>'cancelled')::boolean, false) \
             AND NOT coalesce((before.sale->>'cancelled')::boolean, false) AS cancelled), \
         to_tell AS (INSERT INTO cancelled_events (event_id, after) \
             SELECT id, id FROM changed WHERE cancelled ON CONFLICT DO NOTHING) \
         SELECT id, version, deleted, seat_count FROM changed",
    )
    .bind::<SqlUuid, _>(event.as_uuid())
    .load(connection)
    .await?;
    hand_on(connection, changed).await
}

async fn hand_on(connection: &mut AsyncPgConnection, applied: Vec<Applied>) -> QueryResult<()> {
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

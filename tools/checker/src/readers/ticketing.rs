//! Reads ticketing's database: who owns what, the ledger, and who waits.

use std::collections::HashMap;

use booked_contract::feed::{EventOnSale, TicketsBooked, TicketsCancelled, TicketsCounted};
use booked_ids::{EventId, TicketId};
use serde::de::DeserializeOwned;
use tokio_postgres::Row;

use super::{
    event::{event_id, event_row},
    snapshot::{Snapshot, column, count, uuid},
};
use crate::{
    ReadError,
    evidence::{Entry, EventRow, Happened, Message, Owner, Ticketing, Waiting},
};

/// What a feed of this database calls its incarnation: the same words as in `crates/feed/src/producer/rows.rs`.
const INCARNATION: &str = "SELECT concat_ws('-', (SELECT system_identifier FROM pg_control_system()), \
     (SELECT oid FROM pg_database WHERE datname = current_database()), \
     left(pg_walfile_name(pg_current_wal_lsn()), 8)) \
     || CASE WHEN generation = 0 THEN '' ELSE concat('/', generation, '/', up_to) END, \
     CASE WHEN generation > 0 THEN floor(extract(epoch FROM before) * 1000)::bigint END FROM outbox_archive";

pub(super) async fn read(snapshot: &mut Snapshot) -> Result<Ticketing, ReadError> {
    snapshot.keep_partitions_of("outbox").await?;
    let mut ticketing = Ticketing { events: events(snapshot).await?, ..Ticketing::default() };
    snapshot
        .each(INCARNATION, |row| {
            ticketing.incarnation = column(row, 0)?;
            ticketing.archived_before_ms = column(row, 1)?;
            Ok(())
        })
        .await?;
    tickets(snapshot, "", &mut ticketing.tickets).await?;
    let attempts = "SELECT id::text, booked, settled_at < (SELECT before FROM outbox_archive) FROM bookings";
    snapshot
        .each(attempts, |row| {
            let attempt = uuid(row, 0)?;
            ticketing.attempts.insert(attempt, column(row, 1)?);
            if column(row, 2)? {
                ticketing.archived_attempts.insert(attempt);
            }
            Ok(())
        })
        .await?;
    ledger(snapshot, &mut ticketing.ledger).await?;
    waitlist(snapshot, &mut ticketing).await?;
    Ok(ticketing)
}

/// All events.
pub(super) async fn events(snapshot: &mut Snapshot) -> Result<HashMap<EventId, EventRow>, ReadError> {
    let mut events = HashMap::new();
    snapshot
        .each("SELECT id::text, version, deleted, seat_count FROM events", |row| {
            events.insert(event_id(row, 0)?, event_row(row)?);
            Ok(())
        })
        .await?;
    Ok(events)
}

/// Adds the tickets of one event.
pub(super) async fn tickets_of(
    snapshot: &mut Snapshot,
    event: EventId,
    into: &mut HashMap<TicketId, Owner>,
) -> Result<(), ReadError> {
    let of_event = format!("WHERE id > '{event}' AND id <= last_ticket_id('{event}')");
    tickets(snapshot, &of_event, into).await
}

async fn tickets(
    snapshot: &mut Snapshot,
    condition: &str,
    into: &mut HashMap<TicketId, Owner>,
) -> Result<(), ReadError> {
    let query = format!("SELECT id::text, user_id::text, booking_id::text FROM tickets {condition}");
    snapshot
        .each(&query, |row| {
            let id = uuid(row, 0)?;
            let ticket = TicketId::from_uuid(id).map_err(|error| format!("{id}: {error}"))?;
            into.insert(ticket, Owner { user: uuid(row, 1)?, booking: uuid(row, 2)? });
            Ok(())
        })
        .await
}

async fn ledger(snapshot: &mut Snapshot, into: &mut Vec<Entry>) -> Result<(), ReadError> {
    let query = format!(
        "SELECT id, kind, data::text FROM outbox WHERE kind IN ('{}', '{}', '{}', '{}') ORDER BY id",
        TicketsBooked::KIND,
        TicketsCancelled::KIND,
        TicketsCounted::KIND,
        EventOnSale::KIND,
    );
    snapshot
        .each(&query, |row| {
            let (kind, data): (String, String) = (column(row, 1)?, column(row, 2)?);
            let what = match kind.as_str() {
                TicketsBooked::KIND => Happened::Booked(decode(&data)?),
                TicketsCancelled::KIND => Happened::Cancelled(decode(&data)?),
                TicketsCounted::KIND => Happened::Counted(decode(&data)?),
                _ => Happened::OnSale(decode(&data)?),
            };
            into.push(Entry { position: column(row, 0)?, what });
            Ok(())
        })
        .await
}

fn decode<T: DeserializeOwned>(data: &str) -> Result<T, String> {
    serde_json::from_str(data).map_err(|error| format!("a row of the outbox: {error}"))
}

async fn waitlist(snapshot: &mut Snapshot, into: &mut Ticketing) -> Result<(), ReadError> {
    let waiting = "SELECT event_id::text, user_id::text, number, wanted::int FROM waitlist_entries";
    snapshot
        .each(waiting, |row| {
            into.waiting.push(waiting_of(row)?);
            Ok(())
        })
        .await?;
    let messages = "SELECT event_id::text, user_id::text, number, seats, \
         floor(extract(epoch FROM created_at) * 1000)::bigint FROM notifications ORDER BY number";
    snapshot
        .each(messages, |row| {
            let Waiting { event, user, number, wanted: seats } = waiting_of(row)?;
            into.messages.push(Message { number, event, user, seats, told_unix_ms: column(row, 4)? });
            Ok(())
        })
        .await
}

/// Both tables begin with the same columns.
fn waiting_of(row: &Row) -> Result<Waiting, String> {
    let (event, user, number) = (event_id(row, 0)?, uuid(row, 1)?, column(row, 2)?);
    Ok(Waiting { event, user, number, wanted: count(row, 3)? })
}

//! Reads ticketing's database: who owns what, the ledger, and the waitlist.

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
    evidence::{EventRow, Fact, LedgerEntry, Notification, Owner, Ticketing, WaitlistEntry},
};

/// The incarnation of this database's feed, by the same expression as in `crates/feed/src/producer/rows.rs`.
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

async fn ledger(snapshot: &mut Snapshot, into: &mut Vec<LedgerEntry>) -> Result<(), ReadError> {
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
            let fact = match kind.as_str() {
                TicketsBooked::KIND => Fact::Booked(decode(&data)?),
                TicketsCancelled::KIND => Fact::Cancelled(decode(&data)?),
                TicketsCounted::KIND => Fact::Counted(decode(&data)?),
                _ => Fact::OnSale(decode(&data)?),
            };
            into.push(LedgerEntry { position: column(row, 0)?, fact });
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
            into.waitlist.push(entry_of(row)?);
            Ok(())
        })
        .await?;
    let notifications = "SELECT event_id::text, user_id::text, number, seats, \
         floor(extract(epoch FROM created_at) * 1000)::bigint FROM notifications ORDER BY number";
    snapshot
        .each(notifications, |row| {
            let WaitlistEntry { event, user, number, wanted: seats } = entry_of(row)?;
            into.notifications.push(Notification {
                number,
                event,
                user,
                seats,
                created_unix_ms: column(row, 4)?,
            });
            Ok(())
        })
        .await?;
    snapshot
        .each("SELECT event_id::text, user_id::text FROM cancelled_notifications", |row| {
            into.told_of_cancel.insert((event_id(row, 0)?, uuid(row, 1)?));
            Ok(())
        })
        .await
}

/// The first columns of both tables are the same.
fn entry_of(row: &Row) -> Result<WaitlistEntry, String> {
    let (event, user, number) = (event_id(row, 0)?, uuid(row, 1)?, column(row, 2)?);
    Ok(WaitlistEntry { event, user, number, wanted: count(row, 3)? })
}

//! Applies ticketing's feed: counts what was booked and cancelled, and stores the newest state of every event.

use async_trait::async_trait;
use booked_contract::feed::{DayCounted, EventOnSale, TicketsBooked, TicketsCancelled, TicketsCounted};
use booked_feed::{Apply, Entry, MalformedEntry};
use booked_ids::EventId;
use chrono::{DateTime, NaiveDate};
use diesel::{QueryResult, result::Error};
use diesel_async::AsyncPgConnection;
use uuid::Uuid;

use crate::{
    domain::{OnSale, Tally},
    outbound::postgres::counts,
};

/// The name of this service's cursor in ticketing's feed.
pub(crate) const FEED: &str = "ticketing";

/// Applies the entries of ticketing's feed.
pub(crate) struct CountSales;

#[async_trait]
impl Apply for CountSales {
    async fn apply(&self, connection: &mut AsyncPgConnection, entries: &[Entry]) -> QueryResult<()> {
        let mut tally = Tally::default();
        for entry in entries {
            add(&mut tally, entry)?;
        }
        counts::add(connection, &tally).await
    }

    /// Counting an entry twice would be wrong, so before a feed is read again from its start, all counts are deleted.
    async fn restarted(&self, connection: &mut AsyncPgConnection) -> QueryResult<()> {
        counts::empty(connection).await
    }
}

fn add(tally: &mut Tally, entry: &Entry) -> QueryResult<()> {
    match entry.kind.as_str() {
        EventOnSale::KIND => on_sale(tally, entry),
        TicketsBooked::KIND => booked(tally, entry),
        TicketsCancelled::KIND => cancelled(tally, entry),
        TicketsCounted::KIND => counted(tally, entry),
        _ => Ok(()),
    }
}

fn on_sale(tally: &mut Tally, entry: &Entry) -> QueryResult<()> {
    let EventOnSale { event_id, version, deleted, seat_count } = entry.decode()?;
    let total_seats = i32::try_from(seat_count).map_err(|_| malformed(entry, "seat_count is too large"))?;
    if version < 1 {
        return Err(malformed(entry, "versions begin with 1"));
    }
    tally.on_sale(event(entry, event_id)?, OnSale { version, deleted, total_seats });
    Ok(())
}

fn booked(tally: &mut Tally, entry: &Entry) -> QueryResult<()> {
    let TicketsBooked { event_id, seats, booked_unix_ms, .. } = entry.decode()?;
    let tickets = i64::try_from(seats.len()).map_err(|_| malformed(entry, "too many seats"))?;
    tally.booked(event(entry, event_id)?, utc_day(entry, booked_unix_ms)?, tickets);
    Ok(())
}

fn cancelled(tally: &mut Tally, entry: &Entry) -> QueryResult<()> {
    let TicketsCancelled { event_id, tickets, .. } = entry.decode()?;
    let event = event(entry, event_id)?;
    for ticket in tickets {
        tally.cancelled(event, utc_day(entry, ticket.booked_unix_ms)?);
    }
    Ok(())
}

fn counted(tally: &mut Tally, entry: &Entry) -> QueryResult<()> {
    let TicketsCounted { event_id, days } = entry.decode()?;
    let event = event(entry, event_id)?;
    for DayCounted { day_unix_ms, booked, cancelled } in days {
        tally.counted(event, utc_day(entry, day_unix_ms)?, booked.into(), cancelled.into());
    }
    Ok(())
}

fn event(entry: &Entry, id: Uuid) -> QueryResult<EventId> {
    EventId::from_uuid(id).map_err(|_| malformed(entry, "event_id is no id of an event"))
}

fn utc_day(entry: &Entry, unix_ms: i64) -> QueryResult<NaiveDate> {
    let time = DateTime::from_timestamp_millis(unix_ms);
    time.map(|time| time.date_naive()).ok_or_else(|| malformed(entry, "booked_unix_ms is out of range"))
}

fn malformed(entry: &Entry, reason: &str) -> Error {
    let (kind, reason) = (entry.kind.clone(), reason.to_owned());
    Error::DeserializationError(Box::new(MalformedEntry { position: entry.position, kind, reason }))
}

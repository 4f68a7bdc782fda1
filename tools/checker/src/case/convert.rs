//! Ids and times of databases, Valkey and answers, as the history has them; and times for a person.

use booked_ids::{EventId, SeatNumber, TicketId};
use uuid::Uuid;

/// The ticket of a seat by its number, where there can be one.
pub(crate) fn ticket(event: Uuid, seat: u32) -> Option<TicketId> {
    Some(EventId::from_uuid(event).ok()?.ticket(SeatNumber::new(seat)?))
}

/// Milliseconds of a database or Valkey as a history's microseconds.
pub(crate) fn us_of_ms(ms: i64) -> u64 {
    u64::try_from(ms).unwrap_or_default().saturating_mul(1_000)
}

/// Seconds of an answer as a history's microseconds.
pub(crate) fn us_of_s(s: i64) -> u64 {
    u64::try_from(s).unwrap_or_default().saturating_mul(1_000_000)
}

/// Those of the ids that can be a ticket's, each once.
pub(crate) fn as_tickets(ids: &[Uuid]) -> Vec<TicketId> {
    let mut tickets: Vec<TicketId> = ids.iter().filter_map(|id| TicketId::from_uuid(*id).ok()).collect();
    tickets.sort_unstable();
    tickets.dedup();
    tickets
}

/// A time of a history: the day and the time of day in UTC.
pub(crate) fn clock(us: u64) -> String {
    let time = i64::try_from(us).ok().and_then(chrono::DateTime::from_timestamp_micros);
    time.map_or_else(|| us.to_string(), |time| time.format("%FT%T%.6fZ").to_string())
}

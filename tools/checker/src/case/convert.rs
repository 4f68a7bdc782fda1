//! Converts ids and times of databases, Valkey and answers to those of a history, and times to text.

use booked_ids::{EventId, SeatNumber, TicketId};
use uuid::Uuid;

/// None if there can be no such ticket.
pub(crate) fn ticket(event: Uuid, seat: u32) -> Option<TicketId> {
    Some(EventId::from_uuid(event).ok()?.ticket(SeatNumber::new(seat)?))
}

/// From a time of a database or Valkey.
pub(crate) fn us_of_ms(ms: i64) -> u64 {
    u64::try_from(ms).unwrap_or_default().saturating_mul(1_000)
}

/// From a time of an answer.
pub(crate) fn us_of_s(s: i64) -> u64 {
    u64::try_from(s).unwrap_or_default().saturating_mul(1_000_000)
}

/// The ids that can belong to a ticket, each once.
pub(crate) fn as_tickets(ids: &[Uuid]) -> Vec<TicketId> {
    let mut tickets: Vec<TicketId> = ids.iter().filter_map(|id| TicketId::from_uuid(*id).ok()).collect();
    tickets.sort_unstable();
    tickets.dedup();
    tickets
}

/// A time of a history, as date and time in UTC.
pub(crate) fn clock(us: u64) -> String {
    let time = i64::try_from(us).ok().and_then(chrono::DateTime::from_timestamp_micros);
    time.map_or_else(|| us.to_string(), |time| time.format("%FT%T%.6fZ").to_string())
}

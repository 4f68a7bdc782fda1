//! What the feeds between services carry, one type per kind of CloudEvent.
//!
//! Feeds are in the order of transactions, which is not quite the order of commits. So a payload is either a whole
//! state with its version (the consumer keeps the newest) or a fact that can be counted in any order.

use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::{event::EventDetails, sale::SaleTerms};

/// An event as the event service stores it; the newest version counts.
#[derive(Clone, Debug, PartialEq, Deserialize, Serialize)]
pub struct EventState {
    /// The event.
    pub event_id: Uuid,
    /// Rises with every change, from 1.
    pub version: i64,
    /// Whether it was deleted; nothing follows a deletion.
    pub deleted: bool,
    /// What people are shown of it.
    #[serde(flatten)]
    pub details: EventDetails,
    /// How many seats there are.
    pub seat_count: u32,
    /// The terms of its sale. None if a release before 0.2 has written this state: then they stay as they are.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sale: Option<SaleTerms>,
}

impl EventState {
    /// Its kind in the event service's feed.
    pub const KIND: &str = "booked.event.state";
}

/// What ticketing knows of an event, for services that count; the newest version counts.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize)]
pub struct EventOnSale {
    /// The event.
    pub event_id: Uuid,
    /// The event service's version.
    pub version: i64,
    /// Whether it was deleted; nothing follows a deletion.
    pub deleted: bool,
    /// How many seats there are.
    pub seat_count: u32,
}

impl EventOnSale {
    /// Its kind in ticketing's feed.
    pub const KIND: &str = "booked.ticketing.event_on_sale";
}

/// Tickets of one event were booked together. Together with [`TicketsCancelled`] it makes up the ledger, which is
/// only ever appended to; for months that were archived, [`TicketsCounted`] remains.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize)]
pub struct TicketsBooked {
    /// The attempt that booked them; one booking may have several of these, one per event.
    pub booking_id: Uuid,
    /// The event.
    pub event_id: Uuid,
    /// Who booked.
    pub user_id: Uuid,
    /// The seats, in rising order.
    pub seats: Vec<u32>,
    /// When, in Unix milliseconds.
    pub booked_unix_ms: i64,
}

impl TicketsBooked {
    /// Its kind in ticketing's feed.
    pub const KIND: &str = "booked.ticketing.tickets_booked";
}

/// Tickets of one event were cancelled together.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize)]
pub struct TicketsCancelled {
    /// The event.
    pub event_id: Uuid,
    /// Who cancelled.
    pub user_id: Uuid,
    /// What was cancelled.
    pub tickets: Vec<CancelledTicket>,
    /// When, in Unix milliseconds.
    pub cancelled_unix_ms: i64,
}

impl TicketsCancelled {
    /// Its kind in ticketing's feed.
    pub const KIND: &str = "booked.ticketing.tickets_cancelled";
}

/// A ticket that was cancelled.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize)]
pub struct CancelledTicket {
    /// The seat.
    pub seat: u32,
    /// The attempt that had booked it.
    pub booking_id: Uuid,
    /// When it had been booked, in Unix milliseconds.
    pub booked_unix_ms: i64,
}

/// What was booked and cancelled of one event in months that were archived. It stands in the feed instead of the
/// [`TicketsBooked`] and [`TicketsCancelled`] that it adds up: a consumer that counts adds it as it adds those.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize)]
pub struct TicketsCounted {
    /// The event.
    pub event_id: Uuid,
    /// One for each day on which tickets were booked, in rising order.
    pub days: Vec<DayCounted>,
}

impl TicketsCounted {
    /// Its kind in ticketing's feed.
    pub const KIND: &str = "booked.ticketing.tickets_counted";
}

/// Tickets of one event that were booked on one UTC day. A cancellation may be archived before its booking is, so
/// either count may be the larger one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize)]
pub struct DayCounted {
    /// When the day began, in Unix milliseconds.
    pub day_unix_ms: i64,
    /// How many were booked.
    pub booked: u32,
    /// How many of the tickets booked on this day were cancelled, whenever that was.
    pub cancelled: u32,
}

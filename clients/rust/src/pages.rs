//! What is listed page by page.

use booked_contract::{
    event::{Event, EventPage},
    sale::EventStatus,
    ticket::{OwnTicket, OwnTicketPage},
};
use uuid::Uuid;

/// Which events to list. The default lists all.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct EventQuery {
    /// How many for a page, at most 100.
    pub limit: Option<u32>,
    /// Strictly later than this: the `next_time_to_fetch` of the page before.
    pub timestamp: Option<i64>,
    /// At this time or later.
    pub from: Option<i64>,
    /// Before this time.
    pub to: Option<i64>,
    /// That stand so now.
    pub status: Option<EventStatus>,
    /// With all of these words.
    pub q: Option<String>,
}

/// Which tickets of the caller to list. The default lists all.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TicketQuery {
    /// Of this event.
    pub event_id: Option<Uuid>,
    /// The `next` of the page before.
    pub after: Option<String>,
    /// How many for a page, at most 100.
    pub limit: Option<u32>,
}

impl EventQuery {
    /// What the page holds, and how to ask for the next one.
    pub(crate) fn turn(self, page: EventPage) -> (Vec<Event>, Option<Self>) {
        let next = page.next_time_to_fetch;
        (page.events, (next != 0).then_some(Self { timestamp: Some(next), ..self }))
    }
}

impl TicketQuery {
    /// What the page holds, and how to ask for the next one.
    pub(crate) fn turn(self, page: OwnTicketPage) -> (Vec<OwnTicket>, Option<Self>) {
        let next = page.next.map(|next| Self { after: Some(next), ..self });
        (page.tickets, next)
    }
}

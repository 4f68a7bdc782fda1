//! Tickets: reserve, book, release, cancel; and what a user has booked.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

use crate::{
    event::EventDetails,
    json::{integer_or_zero, text_or_empty, texts_or_empty},
    sale::EventStatus,
};

/// A number of seats of an event, to reserve, to cancel or to wait for.
#[derive(Clone, Debug, Default, Deserialize, Serialize, ToSchema)]
pub struct SeatsOfEvent {
    /// The event.
    #[serde(default, deserialize_with = "text_or_empty")]
    #[schema(required, format = "uuid")]
    pub event_id: String,
    /// How many.
    #[serde(default, deserialize_with = "integer_or_zero")]
    #[schema(required, minimum = 1, example = 2)]
    pub count: i64,
}

/// Seats that are held for the caller.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize, ToSchema)]
pub struct Reservation {
    /// What to send for booking.
    #[schema(min_items = 1, max_items = 100)]
    pub ticket_ids: Vec<Uuid>,
    /// Until when they are held, in Unix seconds, rounded down.
    pub expires_unix_time: i64,
}

/// Tickets, to book, to release or to cancel.
#[derive(Clone, Debug, Default, Deserialize, Serialize, ToSchema)]
pub struct TicketIds {
    /// The tickets; the same id twice counts once.
    #[serde(default, deserialize_with = "texts_or_empty")]
    #[schema(required, min_items = 1, max_items = 1000, value_type = Vec<Uuid>)]
    pub ticket_ids: Vec<String>,
}

/// How many wait for seats of an event.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize, ToSchema)]
pub struct WaitlistLength {
    /// The event.
    pub event_id: Uuid,
    /// How many people wait.
    pub entries: u64,
    /// For how many tickets together.
    pub tickets: u64,
}

/// What the caller holds: for finding it again after an answer was lost. That a ticket is listed does not promise that it can
/// be booked.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize, ToSchema)]
pub struct Holds {
    /// One entry for each moment at which tickets expire, the earliest first.
    pub holds: Vec<Hold>,
    /// How many tickets of the event one user may hold and have; none if there is no limit, or no event was named.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub max_per_buyer: Option<u32>,
    /// How many more the caller may reserve; none if there is no limit, or no event was named.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub left: Option<u32>,
}

/// Tickets of one event that are held until the same moment.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize, ToSchema)]
pub struct Hold {
    /// The event.
    pub event_id: Uuid,
    /// What to send for booking.
    pub ticket_ids: Vec<Uuid>,
    /// Until when they are held, in Unix seconds, rounded down.
    pub expires_unix_time: i64,
}

/// A page of the caller's tickets, those that were booked latest first.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize, ToSchema)]
pub struct OwnTicketPage {
    /// The tickets.
    pub tickets: Vec<OwnTicket>,
    /// The `after` that asks for the next page; none at the end.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub next: Option<String>,
}

/// A ticket that the caller has.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize, ToSchema)]
pub struct OwnTicket {
    /// The ticket.
    pub ticket_id: Uuid,
    /// Of which event.
    pub event_id: Uuid,
    /// Which seat of it, from 1.
    #[schema(minimum = 1)]
    pub seat: u32,
    /// With which booking.
    pub booking_id: Uuid,
    /// When, in Unix seconds.
    pub booked_unix_time: i64,
}

/// What a user holds of one event.
#[derive(Clone, Debug, PartialEq, Deserialize, Serialize, ToSchema)]
pub struct Booking {
    /// The event.
    pub event_id: Uuid,
    /// What takes place.
    pub event_name: String,
    /// When, in Unix seconds.
    pub event_unix_time: i64,
    /// Where, for a person.
    pub event_address: String,
    /// More about it.
    pub event_description: String,
    /// Where, in degrees north.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub event_latitude: Option<f64>,
    /// Where, in degrees east.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub event_longitude: Option<f64>,
    /// How many tickets the user holds now.
    #[schema(minimum = 1)]
    pub number_of_tickets: u32,
    /// When the latest of these was booked, in Unix seconds.
    pub booking_unix_time: i64,
    /// Where the event stands.
    pub event_status: EventStatus,
}

impl Booking {
    /// What a user holds of an event with these details.
    #[must_use]
    pub fn of(
        event_id: Uuid,
        details: EventDetails,
        event_status: EventStatus,
        number_of_tickets: u32,
        booking_unix_time: i64,
    ) -> Self {
        let EventDetails { name, unix_time, address, description, latitude, longitude } = details;
        Self {
            event_id,
            event_name: name,
            event_unix_time: unix_time,
            event_address: address,
            event_description: description,
            event_latitude: latitude,
            event_longitude: longitude,
            number_of_tickets,
            booking_unix_time,
            event_status,
        }
    }
}

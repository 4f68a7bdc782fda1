//! Every operation of the API, by its `operationId`, as the call that it is.

use booked_contract::{
    analytics::{EventAnalytics, EventCancellations},
    event::{Event, EventChange, EventPage, EventToCancel, NewEvent},
    health::Health,
    sale::EventStatus,
    ticket::{Booking, Holds, OwnTicketPage, Reservation, SeatsOfEvent, TicketIds, WaitlistLength},
    user::{LogIn, Registration, Token},
};
use http::Method;
use serde_json::Value;
use url::form_urlencoded::Serializer;
use uuid::Uuid;

use crate::{Call, CreatedEvent, EventQuery, Request, TicketQuery};

/// Whether the gateway is alive.
#[must_use]
pub fn health() -> Call<Health> {
    Call::for_anyone(Request::get("/health/"))
}

/// The keys that tokens are verified with: a JSON Web Key Set, for a library that reads these.
#[must_use]
pub fn list_public_keys() -> Call<Value> {
    Call::for_anyone(Request::get("/.well-known/jwks.json"))
}

/// Makes an account. This has no key: after a lost answer, try to log in.
#[must_use]
pub fn register_user(name: &str, email: &str, password: &str) -> Call<()> {
    let [name, email, password] = [name, email, password].map(str::to_owned);
    Call::for_anyone(Request::post("/user/register/", &Registration { name, email, password }))
}

/// Asks for a token.
#[must_use]
pub fn log_in(email: &str, password: &str) -> Call<Token> {
    let [email, password] = [email, password].map(str::to_owned);
    Call::for_anyone(Request::post("/user/login/", &LogIn { email, password }))
}

/// How many tickets of each event the caller has, the latest booked first.
#[must_use]
pub fn list_bookings() -> Call<Vec<Booking>> {
    Call::with_token(Request::get("/user/bookings/"))
}

/// A page of the caller's tickets, the latest booked first.
#[must_use]
pub fn list_tickets(query: &TicketQuery) -> Call<OwnTicketPage> {
    Call::with_token(get(
        "/user/tickets/",
        &[("event_id", text(query.event_id)), ("after", query.after.clone()), ("limit", text(query.limit))],
    ))
}

/// A page of events, the earliest first.
#[must_use]
pub fn list_events(query: &EventQuery) -> Call<EventPage> {
    Call::for_anyone(get(
        "/event/",
        &[
            ("limit", text(query.limit)),
            ("timestamp", text(query.timestamp)),
            ("from", text(query.from)),
            ("to", text(query.to)),
            ("status", query.status.and_then(name_of)),
            ("q", query.q.clone()),
        ],
    ))
}

/// One event.
#[must_use]
pub fn get_event(event_id: Uuid) -> Call<Event> {
    Call::for_anyone(Request::get(format!("/event/{event_id}/")))
}

/// Announces an event (admins only).
#[must_use]
pub fn create_event(event: &NewEvent) -> Call<CreatedEvent> {
    Call::with_token(Request::post("/event/", event))
}

/// Changes what is given (admins only). 0 takes a time of the sale or the limit of a buyer away.
#[must_use]
pub fn update_event(change: &EventChange) -> Call<()> {
    Call::with_token(Request::post("/event/update/", change))
}

/// Cancels an event: nothing more is sold, and tickets stay with their owners (admins only).
#[must_use]
pub fn cancel_event(event_id: Uuid, reason: Option<&str>) -> Call<()> {
    let event = EventToCancel { id: event_id.to_string(), reason: reason.map(str::to_owned) };
    Call::with_token(Request::post("/event/cancel/", &event))
}

/// Deletes an event and its tickets (admins only).
#[must_use]
pub fn delete_event(event_id: Uuid) -> Call<()> {
    let request = Request::get(format!("/event/?id={event_id}"));
    Call::with_token(Request { method: Method::DELETE, ..request })
}

/// Holds this many seats for the caller, or none.
#[must_use]
pub fn reserve_tickets(event_id: Uuid, count: u32) -> Call<Reservation> {
    Call::with_token(seats("/ticket/reserve/", event_id, count))
}

/// What the caller holds, of one event or of all.
#[must_use]
pub fn list_holds(event_id: Option<Uuid>) -> Call<Holds> {
    Call::with_token(get("/ticket/holds/", &[("event_id", text(event_id))]))
}

/// Gives these holds back, or none.
#[must_use]
pub fn release_tickets(ticket_ids: &[Uuid]) -> Call<()> {
    Call::with_token(tickets("/ticket/release/", ticket_ids))
}

/// Books these tickets, which the caller holds, or none.
#[must_use]
pub fn book_tickets(ticket_ids: &[Uuid]) -> Call<()> {
    Call::with_token(tickets("/ticket/book/", ticket_ids))
}

/// Cancels this many of the caller's tickets of an event, the latest booked first, or none.
#[must_use]
pub fn cancel_tickets(event_id: Uuid, count: u32) -> Call<()> {
    Call::with_token(seats("/ticket/cancel/", event_id, count))
}

/// Cancels exactly these tickets of the caller, or none.
#[must_use]
pub fn cancel_chosen_tickets(ticket_ids: &[Uuid]) -> Call<()> {
    Call::with_token(tickets("/ticket/cancel_tickets/", ticket_ids))
}

/// Waits for this many seats of an event; the caller is told when seats come free.
#[must_use]
pub fn add_to_waitlist(event_id: Uuid, count: u32) -> Call<()> {
    Call::with_token(seats("/waitlist/add/", event_id, count))
}

/// How many wait for seats of an event (admins only).
#[must_use]
pub fn count_waiting(event_id: Uuid) -> Call<WaitlistLength> {
    Call::with_token(Request::get(format!("/waitlist/?event_id={event_id}")))
}

/// How well every event sells, the best first (admins only).
#[must_use]
pub fn list_analytics() -> Call<Vec<EventAnalytics>> {
    Call::with_token(Request::get("/analytics/"))
}

/// How many of every event's tickets come back (admins only).
#[must_use]
pub fn list_cancellation_rates() -> Call<Vec<EventCancellations>> {
    Call::with_token(Request::get("/analytics/cancellation_rates/"))
}

fn seats(path: &'static str, event_id: Uuid, count: u32) -> Request {
    Request::post(path, &SeatsOfEvent { event_id: event_id.to_string(), count: i64::from(count) })
}

fn tickets(path: &'static str, ids: &[Uuid]) -> Request {
    Request::post(path, &TicketIds { ticket_ids: ids.iter().map(Uuid::to_string).collect() })
}

/// With those parameters that have a value.
fn get(path: &'static str, parameters: &[(&str, Option<String>)]) -> Request {
    let mut query = Serializer::new(String::new());
    for (name, value) in parameters {
        if let Some(value) = value {
            query.append_pair(name, value);
        }
    }
    let query = query.finish();
    if query.is_empty() { Request::get(path) } else { Request::get(format!("{path}?{query}")) }
}

/// As the API writes it; none of a status that is not known here.
fn name_of(status: EventStatus) -> Option<String> {
    serde_json::to_value(status).ok()?.as_str().map(str::to_owned)
}

fn text(value: Option<impl ToString>) -> Option<String> {
    value.map(|value| value.to_string())
}

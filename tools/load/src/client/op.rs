//! Converts between a history and HTTP: an operation to a request, and an answer to an outcome.

use booked_checker::history::{Bookings, Op, Outcome, Response};
use booked_contract::{
    Code, ErrorBody,
    event::{Event, EventChange, NewEvent},
    ticket::{Booking, Reservation, SeatsOfEvent, TicketIds},
};
use http::{Method, StatusCode};
use serde::de::DeserializeOwned;
use uuid::Uuid;

use super::{
    clock::now_us,
    gateway::{HttpResponse, Request, RequestError},
};

/// In 2030, when all events that are made up here take place.
const UNIX_TIME: i64 = 1_900_000_000;
const SECONDS_OF_A_DAY: u64 = 86_400;

pub(super) fn request(op: &Op) -> Request {
    match op {
        Op::Reserve { event_id, count } => Request::post("/ticket/reserve/", &seats(*event_id, *count)),
        Op::Release { ticket_ids } => Request::post("/ticket/release/", &tickets(ticket_ids)),
        Op::Book { ticket_ids } => Request::post("/ticket/book/", &tickets(ticket_ids)),
        Op::Cancel { event_id, count } => Request::post("/ticket/cancel/", &seats(*event_id, *count)),
        Op::CancelTickets { ticket_ids } => Request::post("/ticket/cancel_tickets/", &tickets(ticket_ids)),
        Op::AddToWaitlist { event_id, count } => Request::post("/waitlist/add/", &seats(*event_id, *count)),
        Op::ListBookings => Request::get("/user/bookings/"),
        Op::ReadEvent { event_id } => Request::get(format!("/event/{event_id}/")),
        Op::CreateEvent { seat_count, max_per_buyer } => {
            let max_per_buyer = max_per_buyer.map(i64::from);
            Request::post("/event/", &NewEvent { max_per_buyer, ..event_of(*seat_count) })
        }
        Op::GrowEvent { event_id, seat_count } => {
            let change = EventChange {
                id: event_id.to_string(),
                seat_count: Some(i64::from(*seat_count)),
                ..EventChange::default()
            };
            Request::post("/event/update/", &change)
        }
        Op::DeleteEvent { event_id } => {
            Request { method: Method::DELETE, ..Request::get(format!("/event/?id={event_id}")) }
        }
    }
}

fn seats(event: Uuid, count: u32) -> SeatsOfEvent {
    SeatsOfEvent { event_id: event.to_string(), count: i64::from(count) }
}

fn tickets(ids: &[Uuid]) -> TicketIds {
    TicketIds { ticket_ids: ids.iter().map(Uuid::to_string).collect() }
}

fn event_of(seat_count: u32) -> NewEvent {
    NewEvent {
        name: format!("An event of {seat_count} seats"),
        // At most a thousand events may take place in one second, so each millisecond takes another one.
        unix_time: Some(UNIX_TIME + i64::try_from(now_us() / 1_000 % SECONDS_OF_A_DAY).unwrap_or_default()),
        address: "Prenzlauer Berg, Berlin".to_owned(),
        description: "Created by the load kit".to_owned(),
        seat_count: i64::from(seat_count),
        ..NewEvent::default()
    }
}

/// What an answer to the operation says; none if it cannot be understood.
pub(super) fn response_to(op: &Op, answer: &HttpResponse) -> Option<Response> {
    match op {
        Op::Reserve { .. } => {
            let Reservation { ticket_ids, expires_unix_time } = body(answer)?;
            Some(Response::Held { ticket_ids, expires_unix_time })
        }
        Op::ListBookings => {
            let rows: Vec<Booking> = body(answer)?;
            let row =
                |row: Booking| Bookings { event_id: row.event_id, number_of_tickets: row.number_of_tickets };
            Some(Response::Bookings(rows.into_iter().map(row).collect()))
        }
        Op::ReadEvent { .. } => {
            let Event { seat_count, available_seats_count, .. } = body(answer)?;
            Some(Response::Event { seat_count, available_seats_count })
        }
        Op::CreateEvent { .. } => Some(Response::Created { event_id: created(answer)? }),
        Op::Release { .. }
        | Op::Book { .. }
        | Op::Cancel { .. }
        | Op::CancelTickets { .. }
        | Op::AddToWaitlist { .. }
        | Op::GrowEvent { .. }
        | Op::DeleteEvent { .. } => Some(Response::Empty),
    }
}

/// The id of the event that was created.
pub(super) fn created(answer: &HttpResponse) -> Option<Uuid> {
    let location = answer.location.as_ref()?.to_str().ok()?;
    location.trim_matches('/').strip_prefix("event/")?.parse().ok()
}

fn body<T: DeserializeOwned>(answer: &HttpResponse) -> Option<T> {
    serde_json::from_slice(&answer.body).ok()
}

/// The outcome of a call. `read` returns what a successful answer says, none if it cannot be understood.
pub fn outcome(
    answered: &Result<HttpResponse, RequestError>,
    read: impl FnOnce(&HttpResponse) -> Option<Response>,
) -> Outcome {
    let answer = match answered {
        Ok(answer) => answer,
        Err(unanswered) => return Outcome::Unknown { cause: unanswered.to_string() },
    };
    let status = answer.status;
    let code = || body::<ErrorBody>(answer).map(|error| error.category_code).unwrap_or_default();
    if status.is_success() {
        let unread =
            || Outcome::Unknown { cause: format!("{} with a body that cannot be read", status.as_u16()) };
        return read(answer).map_or_else(unread, Outcome::Ok);
    }
    let is_refusal = status.is_client_error() || status == StatusCode::SERVICE_UNAVAILABLE;
    // What the first request with its key comes to is not known yet, and it may be the same one: the gateway sends some again.
    if is_refusal && code() != Code::FirstRequestUnderWay.as_str() {
        return Outcome::Fail { status: status.as_u16(), code: code() };
    }
    Outcome::Unknown { cause: format!("{} {}", status.as_u16(), code()).trim_end().to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;

    const RESERVE: Op = Op::Reserve { event_id: Uuid::nil(), count: 1 };

    #[test]
    fn a_good_answer_is_ok_and_says_what_a_rule_needs() {
        let body = r#"{"ticket_ids":["00000000-0000-0000-0000-000000000001"],"expires_unix_time":9}"#;
        let held = Response::Held { ticket_ids: vec![Uuid::from_u128(1)], expires_unix_time: 9 };
        assert_eq!(became(&RESERVE, 200, body), Outcome::Ok(held));
    }

    #[test]
    fn a_client_error_and_503_are_failures() {
        let body = r#"{"category":"TICKET","category_code":"TICKET-01","msg":"too few"}"#;
        let refused = |status, code: &str| Outcome::Fail { status, code: code.to_owned() };
        assert_eq!(became(&RESERVE, 400, body), refused(400, "TICKET-01"));
        assert_eq!(became(&RESERVE, 503, body), refused(503, "TICKET-01"));
        assert_eq!(became(&RESERVE, 431, ""), refused(431, ""));
    }

    #[test]
    fn a_first_request_that_is_under_way_may_yet_be_carried_out() {
        let body = r#"{"category":"IDEM","category_code":"IDEM-03","msg":"under way"}"#;
        let unknown = Outcome::Unknown { cause: "409 IDEM-03".to_owned() };
        assert_eq!(became(&RESERVE, 409, body), unknown);
    }

    #[test]
    fn everything_else_has_an_unknown_outcome() {
        for (status, body) in [(200, "{"), (201, ""), (302, ""), (500, ""), (502, "<html>"), (504, "{}")] {
            let outcome = became(&RESERVE, status, body);
            assert!(matches!(outcome, Outcome::Unknown { .. }), "{status} {body}: {outcome:?}");
        }
        let outcome = outcome(&Err(RequestError::TimedOut), |_| None);
        assert_eq!(outcome, Outcome::Unknown { cause: "no answer in time".to_owned() });
    }

    fn became(op: &Op, status: u16, body: &str) -> Outcome {
        let status = StatusCode::from_u16(status).unwrap();
        let answer = HttpResponse {
            status,
            location: None,
            retry_after: None,
            replayed: false,
            body: body.to_owned().into(),
        };
        outcome(&Ok(answer), |answer| response_to(op, answer))
    }
}

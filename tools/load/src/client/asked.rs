//! Between the history's words and HTTP: how a question is put, and what an answer means.

use booked_checker::history::{Answer as Said, Asked, Bookings, Outcome};
use booked_contract::ErrorBody;
use booked_contract::event::{Event, EventChange, NewEvent};
use booked_contract::ticket::{Booking, Reservation, SeatsOfEvent, TicketIds};
use http::{Method, StatusCode};
use serde::de::DeserializeOwned;
use uuid::Uuid;

use super::{
    clock::now_us,
    gateway::{Answer, Request, Unanswered},
};

/// In 2030: all that is made up here takes place then.
const UNIX_TIME: i64 = 1_900_000_000;
const SECONDS_OF_A_DAY: u64 = 86_400;

/// The request that asks this.
pub(super) fn request(asked: &Asked) -> Request {
    match asked {
        Asked::Reserve { event_id, count } => Request::post("/ticket/reserve/", &seats(*event_id, *count)),
        Asked::Release { ticket_ids } => Request::post("/ticket/release/", &tickets(ticket_ids)),
        Asked::Book { ticket_ids } => Request::post("/ticket/book/", &tickets(ticket_ids)),
        Asked::Cancel { event_id, count } => Request::post("/ticket/cancel/", &seats(*event_id, *count)),
        Asked::AddToWaitlist { event_id, count } => {
            Request::post("/waitlist/add/", &seats(*event_id, *count))
        }
        Asked::ListBookings => Request::get("/user/bookings/"),
        Asked::ReadEvent { event_id } => Request::get(format!("/event/{event_id}/")),
        Asked::CreateEvent { seat_count } => Request::post("/event/", &event_of(*seat_count)),
        Asked::GrowEvent { event_id, seat_count } => {
            let change = EventChange {
                id: event_id.to_string(),
                seat_count: Some(i64::from(*seat_count)),
                ..EventChange::default()
            };
            Request::post("/event/update/", &change)
        }
        Asked::DeleteEvent { event_id } => {
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
        // A second takes a thousand events: here each millisecond begins another one.
        unix_time: Some(UNIX_TIME + i64::try_from(now_us() / 1_000 % SECONDS_OF_A_DAY).unwrap_or_default()),
        address: "Prenzlauer Berg, Berlin".to_owned(),
        description: "Made by the load kit".to_owned(),
        seat_count: i64::from(seat_count),
        ..NewEvent::default()
    }
}

/// What an answer to this said; none where it cannot be understood.
pub(super) fn said(asked: &Asked, answer: &Answer) -> Option<Said> {
    match asked {
        Asked::Reserve { .. } => {
            let Reservation { ticket_ids, expires_unix_time } = body(answer)?;
            Some(Said::Held { ticket_ids, expires_unix_time })
        }
        Asked::ListBookings => {
            let rows: Vec<Booking> = body(answer)?;
            let row =
                |row: Booking| Bookings { event_id: row.event_id, number_of_tickets: row.number_of_tickets };
            Some(Said::Bookings(rows.into_iter().map(row).collect()))
        }
        Asked::ReadEvent { .. } => {
            let Event { seat_count, available_seats_count, .. } = body(answer)?;
            Some(Said::Event { seat_count, available_seats_count })
        }
        Asked::CreateEvent { .. } => Some(Said::Created { event_id: created(answer)? }),
        Asked::Release { .. }
        | Asked::Book { .. }
        | Asked::Cancel { .. }
        | Asked::AddToWaitlist { .. }
        | Asked::GrowEvent { .. }
        | Asked::DeleteEvent { .. } => Some(Said::Nothing),
    }
}

/// The event that was created.
pub(super) fn created(answer: &Answer) -> Option<Uuid> {
    let location = answer.location.as_ref()?.to_str().ok()?;
    location.trim_matches('/').strip_prefix("event/")?.parse().ok()
}

fn body<T: DeserializeOwned>(answer: &Answer) -> Option<T> {
    serde_json::from_slice(&answer.body).ok()
}

/// What became of a call: `read` says what a good answer said, none where it cannot be understood.
pub fn outcome(answered: &Result<Answer, Unanswered>, read: impl FnOnce(&Answer) -> Option<Said>) -> Outcome {
    let answer = match answered {
        Ok(answer) => answer,
        Err(unanswered) => return Outcome::Maybe { seen: unanswered.to_string() },
    };
    let status = answer.status;
    let code = || body::<ErrorBody>(answer).map(|error| error.category_code).unwrap_or_default();
    if status.is_success() {
        let unread =
            || Outcome::Maybe { seen: format!("{} with a body that is unreadable", status.as_u16()) };
        return read(answer).map_or_else(unread, Outcome::Done);
    }
    if status.is_client_error() || status == StatusCode::SERVICE_UNAVAILABLE {
        return Outcome::Refused { status: status.as_u16(), code: code() };
    }
    Outcome::Maybe { seen: format!("{} {}", status.as_u16(), code()).trim_end().to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;

    const RESERVE: Asked = Asked::Reserve { event_id: Uuid::nil(), count: 1 };

    #[test]
    fn a_good_answer_is_done_and_says_what_a_rule_needs() {
        let body = r#"{"ticket_ids":["00000000-0000-0000-0000-000000000001"],"expires_unix_time":9}"#;
        let held = Said::Held { ticket_ids: vec![Uuid::from_u128(1)], expires_unix_time: 9 };
        assert_eq!(became(&RESERVE, 200, body), Outcome::Done(held));
    }

    #[test]
    fn a_client_error_and_503_were_surely_not_done() {
        let body = r#"{"category":"TICKET","category_code":"TICKET-01","msg":"too few"}"#;
        let refused = |status, code: &str| Outcome::Refused { status, code: code.to_owned() };
        assert_eq!(became(&RESERVE, 400, body), refused(400, "TICKET-01"));
        assert_eq!(became(&RESERVE, 503, body), refused(503, "TICKET-01"));
        assert_eq!(became(&RESERVE, 431, ""), refused(431, ""));
    }

    #[test]
    fn everything_else_may_have_been_done() {
        for (status, body) in [(200, "{"), (201, ""), (302, ""), (500, ""), (502, "<html>"), (504, "{}")] {
            let outcome = became(&RESERVE, status, body);
            assert!(matches!(outcome, Outcome::Maybe { .. }), "{status} {body}: {outcome:?}");
        }
        let outcome = outcome(&Err(Unanswered::Late), |_| None);
        assert_eq!(outcome, Outcome::Maybe { seen: "no answer in time".to_owned() });
    }

    fn became(asked: &Asked, status: u16, body: &str) -> Outcome {
        let status = StatusCode::from_u16(status).unwrap();
        let answer = Answer { status, location: None, retry_after: None, body: body.to_owned().into() };
        outcome(&Ok(answer), |answer| said(asked, answer))
    }
}

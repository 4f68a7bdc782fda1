//! Converts between a history and HTTP: an operation to a request, and an answer to an outcome.

use booked_checker::history::{Bookings, Op, Outcome, Response};
use booked_client::{Call, CreatedEvent, FromAnswer, RawAnswer, Request, operations};
use booked_contract::{
    Code,
    event::{Event, EventChange, NewEvent},
    ticket::{Booking, Reservation},
};
use http::StatusCode;

use super::{clock::now_us, gateway::RequestError};

/// In 2030, when all events that are made up here take place.
const UNIX_TIME: i64 = 1_900_000_000;
const SECONDS_OF_A_DAY: u64 = 86_400;

/// What is sent for an operation, and how a success is read: nothing if it cannot be understood.
pub(super) struct Exchange {
    pub(super) request: Request,
    pub(super) read: fn(&RawAnswer) -> Option<Response>,
}

/// What an answer holds, as far as a history has it.
trait Recorded: FromAnswer {
    fn recorded(self) -> Response;
}

impl Exchange {
    pub(super) fn of(op: &Op) -> Self {
        match op {
            Op::Reserve { event_id, count } => operations::reserve_tickets(*event_id, *count).into(),
            Op::Release { ticket_ids } => operations::release_tickets(ticket_ids).into(),
            Op::Book { ticket_ids } => operations::book_tickets(ticket_ids).into(),
            Op::Cancel { event_id, count } => operations::cancel_tickets(*event_id, *count).into(),
            Op::CancelTickets { ticket_ids } => operations::cancel_chosen_tickets(ticket_ids).into(),
            Op::AddToWaitlist { event_id, count } => operations::add_to_waitlist(*event_id, *count).into(),
            Op::ListBookings => operations::list_bookings().into(),
            Op::ReadEvent { event_id } => operations::get_event(*event_id).into(),
            Op::CreateEvent { seat_count, max_per_buyer } => {
                let max_per_buyer = max_per_buyer.map(i64::from);
                operations::create_event(&NewEvent { max_per_buyer, ..event_of(*seat_count) }).into()
            }
            Op::GrowEvent { event_id, seat_count } => {
                let (id, seat_count) = (event_id.to_string(), Some(i64::from(*seat_count)));
                operations::update_event(&EventChange { id, seat_count, ..EventChange::default() }).into()
            }
            Op::DeleteEvent { event_id } => operations::delete_event(*event_id).into(),
        }
    }
}

impl<T: Recorded> From<Call<T>> for Exchange {
    /// Without a key, unless it has one.
    fn from(call: Call<T>) -> Self {
        let read = |answer: &RawAnswer| T::from_answer(answer).ok().map(T::recorded);
        Self { request: call.into_request(), read }
    }
}

impl Recorded for () {
    fn recorded(self) -> Response {
        Response::Empty
    }
}

impl Recorded for Reservation {
    fn recorded(self) -> Response {
        Response::Held { ticket_ids: self.ticket_ids, expires_unix_time: self.expires_unix_time }
    }
}

impl Recorded for Vec<Booking> {
    fn recorded(self) -> Response {
        let row =
            |row: Booking| Bookings { event_id: row.event_id, number_of_tickets: row.number_of_tickets };
        Response::Bookings(self.into_iter().map(row).collect())
    }
}

impl Recorded for Event {
    fn recorded(self) -> Response {
        let Self { seat_count, available_seats_count, .. } = self;
        Response::Event { seat_count, available_seats_count }
    }
}

impl Recorded for CreatedEvent {
    fn recorded(self) -> Response {
        Response::Created { event_id: self.event_id }
    }
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

/// The outcome of a call. `read` returns what a successful answer says, none if it cannot be understood.
pub fn outcome(
    answered: &Result<RawAnswer, RequestError>,
    read: impl FnOnce(&RawAnswer) -> Option<Response>,
) -> Outcome {
    let answer = match answered {
        Ok(answer) => answer,
        Err(unanswered) => return Outcome::Unknown { cause: unanswered.to_string() },
    };
    let status = answer.status;
    if status.is_success() {
        let unread =
            || Outcome::Unknown { cause: format!("{} with a body that cannot be read", status.as_u16()) };
        return read(answer).map_or_else(unread, Outcome::Ok);
    }
    let code = answer.error_body().map(|error| error.category_code).unwrap_or_default();
    let is_refusal = status.is_client_error() || status == StatusCode::SERVICE_UNAVAILABLE;
    // What the first request with its key comes to is not known yet, and it may be the same one: the gateway sends some again.
    if is_refusal && code != Code::FirstRequestUnderWay.as_str() {
        return Outcome::Fail { status: status.as_u16(), code };
    }
    Outcome::Unknown { cause: format!("{} {code}", status.as_u16()).trim_end().to_owned() }
}

#[cfg(test)]
mod tests {
    use http::HeaderMap;
    use uuid::Uuid;

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
        let answer = RawAnswer { status, headers: HeaderMap::new(), body: body.to_owned().into() };
        outcome(&Ok(answer), Exchange::of(op).read)
    }
}

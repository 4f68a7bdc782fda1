//! What clients saw: their calls, when these were sent and answered, and what came of them. Each line of the file is
//! one
//! [`Line`] as JSON.
//!
//! All times come from the recorder's clock, in microseconds since 1970. A call without an answer, or with an answer
//! that leaves open what was done, is [`Outcome::Unknown`]: it may or may not have been carried out, as in the
//! histories of Jepsen (<https://github.com/jepsen-io/jepsen>).

mod keyed;

use std::io::{self, BufRead, Write};

use serde::{Deserialize, Serialize};
use uuid::Uuid;

/// One line of a history. Lines may be in any order; their times say which came first.
#[derive(Clone, Debug, PartialEq, Deserialize, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Line {
    /// If the recorder knows them.
    Settings(Settings),
    Call(Call),
    Fault(Fault),
}

/// How the system was configured.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize)]
pub struct Settings {
    /// How long a hold lasts.
    pub hold_ms: u64,
}

/// A call and its outcome.
#[derive(Clone, Debug, PartialEq, Deserialize, Serialize)]
pub struct Call {
    /// The caller; none for an admin, and if the route is open to everyone.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub user: Option<Uuid>,
    /// Just before it was sent.
    pub sent_us: u64,
    /// When its answer was complete, or its client gave up.
    pub ended_us: u64,
    pub op: Op,
    pub outcome: Outcome,
    /// If it had an idempotency key.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub keyed: Option<Keyed>,
}

/// What names a call, so that it could be sent again without being done twice.
#[derive(Clone, Debug, PartialEq, Deserialize, Serialize)]
pub struct Keyed {
    /// Its `Idempotency-Key`.
    pub key: Uuid,
    /// Whether its outcome was marked as the answer that an earlier request with the key was given.
    pub replayed: bool,
    /// All requests, in the order in which they were sent; empty if there was only one.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub tries: Vec<Try>,
}

/// One of several requests with the same key.
#[derive(Clone, Debug, PartialEq, Deserialize, Serialize)]
pub struct Try {
    /// Just before it was sent.
    pub sent_us: u64,
    /// When its answer was complete, or its client gave up.
    pub ended_us: u64,
    pub outcome: Outcome,
    /// Whether the answer was marked with `Idempotency-Replayed`.
    pub replayed: bool,
}

/// The routes of the contract that change or show seats.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Op {
    /// `POST /ticket/reserve/`
    Reserve { event_id: Uuid, count: u32 },
    /// `POST /ticket/release/`
    Release { ticket_ids: Vec<Uuid> },
    /// `POST /ticket/book/`
    Book { ticket_ids: Vec<Uuid> },
    /// `POST /ticket/cancel/`, of the user's latest tickets.
    Cancel { event_id: Uuid, count: u32 },
    /// `POST /ticket/cancel_tickets/`, of exactly these.
    CancelTickets { ticket_ids: Vec<Uuid> },
    /// `POST /waitlist/add/`
    AddToWaitlist { event_id: Uuid, count: u32 },
    /// `GET /user/bookings/`
    ListBookings,
    /// `GET /event/{id}/`
    ReadEvent { event_id: Uuid },
    /// `POST /event/`
    CreateEvent {
        seat_count: u32,
        /// How many tickets one user may hold and have; none: any number.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        max_per_buyer: Option<u32>,
    },
    /// `POST /event/update/` with a new seat count.
    GrowEvent { event_id: Uuid, seat_count: u32 },
    /// `DELETE /event/`
    DeleteEvent { event_id: Uuid },
}

/// What came of a call.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    /// It was carried out (2xx).
    Ok(Response),
    /// It was surely not carried out: 4xx, or 503 ("nothing was done").
    Fail {
        /// The HTTP status.
        status: u16,
        /// The `category_code`, for example `TICKET-02`; empty if the body had none.
        code: String,
    },
    /// It may have been carried out: 504, any other 5xx, a body that cannot be read, or no answer.
    Unknown {
        /// What was seen instead of an answer.
        cause: String,
    },
}

/// What an answer said, as far as a rule needs it.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Response {
    /// From the routes whose answer has no body.
    Empty,
    /// To [`Op::Reserve`].
    Held {
        ticket_ids: Vec<Uuid>,
        /// When the hold expires, in Unix seconds, rounded down.
        expires_unix_time: i64,
    },
    /// To [`Op::ListBookings`], one for each event.
    Bookings(Vec<Bookings>),
    /// To [`Op::ReadEvent`].
    Event { seat_count: u32, available_seats_count: u32 },
    /// To [`Op::CreateEvent`].
    Created {
        /// From `Location`.
        event_id: Uuid,
    },
}

/// How many tickets of an event a user has.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize)]
pub struct Bookings {
    pub event_id: Uuid,
    pub number_of_tickets: u32,
}

/// Something that was done to the system.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize)]
pub struct Fault {
    pub began_us: u64,
    /// When everything that it may have broken was whole again. What happens later is not excused by it.
    pub ended_us: u64,
    /// For a person.
    pub what: String,
    /// Whether Valkey may have lost acknowledged writes, so that a hold may end before its time.
    pub valkey_may_lose_writes: bool,
}

/// A line that does not belong to a history.
#[derive(Debug, thiserror::Error)]
#[error("line {number}: {cause}")]
pub struct BadLine {
    /// From 1.
    pub number: usize,
    pub cause: io::Error,
}

/// Reads a history to its end; empty lines are skipped.
///
/// # Errors
///
/// The first line that cannot be read, is not JSON or is not a [`Line`].
pub fn read(from: impl BufRead) -> Result<Vec<Line>, BadLine> {
    let numbered = from.lines().zip(1..);
    let filled = numbered.filter(|(line, _)| line.as_ref().map_or(true, |line| !line.trim().is_empty()));
    filled
        .map(|(line, number)| {
            line.and_then(|line| serde_json::from_str(&line).map_err(io::Error::from))
                .map_err(|cause| BadLine { number, cause })
        })
        .collect()
}

pub fn write(mut to: impl Write, line: &Line) -> io::Result<()> {
    serde_json::to_writer(&mut to, line)?;
    to.write_all(b"\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_is_read() {
        let call = Call {
            user: Some(Uuid::from_u128(7)),
            sent_us: 1,
            ended_us: 2,
            op: Op::Reserve { event_id: Uuid::from_u128(8), count: 2 },
            outcome: Outcome::Ok(Response::Held {
                ticket_ids: vec![Uuid::from_u128(9)],
                expires_unix_time: 3,
            }),
            keyed: None,
        };
        let lines = [Line::Settings(Settings { hold_ms: 1000 }), Line::Call(call)];
        let mut file = Vec::new();
        for line in &lines {
            write(&mut file, line).unwrap();
        }
        assert_eq!(read(file.as_slice()).unwrap(), lines);
    }

    #[test]
    fn a_bad_line_is_reported_by_its_number() {
        let error = read("\n{\"call\":1}\n".as_bytes()).unwrap_err();
        assert_eq!(error.number, 2);
    }
}

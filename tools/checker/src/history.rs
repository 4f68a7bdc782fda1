//! What clients saw: their calls, when they were sent and answered, and what became of them. One [`Line`] a line of JSON.
//!
//! All times are of the recorder's one clock, in microseconds since 1970. A call that got no answer, or one that leaves
//! open what was done, is [`Outcome::Unknown`]: both are then allowed, as in Jepsen's histories
//! (<https://github.com/jepsen-io/jepsen>).

use std::io::{self, BufRead, Write};

use serde::{Deserialize, Serialize};
use uuid::Uuid;

/// One line of a history. Calls stand in any order; their times say which came first.
#[derive(Clone, Debug, PartialEq, Deserialize, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Line {
    /// How the system was set, where the recorder knows it.
    Settings(Settings),
    /// A call of a client.
    Call(Call),
    /// Something was done to the system.
    Fault(Fault),
}

/// How the system was set.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize)]
pub struct Settings {
    /// How long a hold lasts.
    pub hold_ms: u64,
}

/// A call and its outcome.
#[derive(Clone, Debug, PartialEq, Deserialize, Serialize)]
pub struct Call {
    /// Who called; none where the route asks for nobody, and for an admin.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub user: Option<Uuid>,
    /// Just before it was sent.
    pub sent_us: u64,
    /// When its answer was there, or its client gave up.
    pub ended_us: u64,
    /// What was asked.
    pub op: Op,
    /// What became of it.
    pub outcome: Outcome,
}

/// What was asked: the routes of the contract that change or show seats.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Op {
    /// `POST /ticket/reserve/`
    Reserve {
        /// Of which event.
        event_id: Uuid,
        /// So many seats.
        count: u32,
    },
    /// `POST /ticket/release/`
    Release {
        /// Held before.
        ticket_ids: Vec<Uuid>,
    },
    /// `POST /ticket/book/`
    Book {
        /// Held before, or booked already.
        ticket_ids: Vec<Uuid>,
    },
    /// `POST /ticket/cancel/`
    Cancel {
        /// Of which event.
        event_id: Uuid,
        /// So many of the latest.
        count: u32,
    },
    /// `POST /waitlist/add/`
    AddToWaitlist {
        /// Of which event.
        event_id: Uuid,
        /// So many seats.
        count: u32,
    },
    /// `GET /user/bookings/`
    ListBookings,
    /// `GET /event/{id}/`
    ReadEvent {
        /// Which.
        event_id: Uuid,
    },
    /// `POST /event/`
    CreateEvent {
        /// With so many seats.
        seat_count: u32,
    },
    /// `POST /event/update/` that names a seat count.
    GrowEvent {
        /// Which.
        event_id: Uuid,
        /// The new number of seats.
        seat_count: u32,
    },
    /// `DELETE /event/`
    DeleteEvent {
        /// Which.
        event_id: Uuid,
    },
}

/// What became of a call.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    /// It was done (2xx).
    Ok(Response),
    /// It was surely not done: 4xx, or 503 ("nothing was done").
    Fail {
        /// The HTTP status.
        status: u16,
        /// The `category_code`, `TICKET-02`; empty where the body had none.
        code: String,
    },
    /// It may have been done: 504, any other 5xx, a body that cannot be read, or no answer.
    Unknown {
        /// What was seen instead of an answer.
        cause: String,
    },
}

/// What an answer said, as far as a rule needs it.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Response {
    /// Nothing: the routes whose answer has no body.
    Empty,
    /// To [`Op::Reserve`].
    Held {
        /// The tickets.
        ticket_ids: Vec<Uuid>,
        /// When the hold runs out, in Unix seconds, rounded down.
        expires_unix_time: i64,
    },
    /// To [`Op::ListBookings`], one an event.
    Bookings(Vec<Bookings>),
    /// To [`Op::ReadEvent`].
    Event {
        /// All its seats.
        seat_count: u32,
        /// Those that were free.
        available_seats_count: u32,
    },
    /// To [`Op::CreateEvent`].
    Created {
        /// The new event's id, from `Location`.
        event_id: Uuid,
    },
}

/// What a user has of one event.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize)]
pub struct Bookings {
    /// The event.
    pub event_id: Uuid,
    /// So many.
    pub number_of_tickets: u32,
}

/// Something that was done to the system.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize)]
pub struct Fault {
    /// When it began.
    pub began_us: u64,
    /// When all that it may have broken was whole again; the end of what it excuses.
    pub ended_us: u64,
    /// What it was, for a person.
    pub what: String,
    /// Whether Valkey may have forgotten acknowledged writes, so that a hold may end before its time.
    pub valkey_may_forget: bool,
}

/// A line is none of a history.
#[derive(Debug, thiserror::Error)]
#[error("line {number}: {cause}")]
pub struct BadLine {
    /// From 1.
    pub number: usize,
    /// Why it cannot be read.
    pub cause: io::Error,
}

/// Reads a history to its end; empty lines are passed over.
///
/// # Errors
///
/// At the first line that cannot be read, is no JSON or is no [`Line`].
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

/// Writes one line.
///
/// # Errors
///
/// Where it cannot be written.
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
        };
        let lines = [Line::Settings(Settings { hold_ms: 1000 }), Line::Call(call)];
        let mut file = Vec::new();
        for line in &lines {
            write(&mut file, line).unwrap();
        }
        assert_eq!(read(file.as_slice()).unwrap(), lines);
    }

    #[test]
    fn a_bad_line_is_told_by_its_number() {
        let error = read("\n{\"call\":1}\n".as_bytes()).unwrap_err();
        assert_eq!(error.number, 2);
    }
}

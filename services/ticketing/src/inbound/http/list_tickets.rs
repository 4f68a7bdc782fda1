//! `GET /user/tickets/`: the tickets that the caller has, page by page. A read without a rule.

use actix_web::{
    HttpRequest,
    web::{Data, Json},
};
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use booked_contract::{Code, ErrorBody, ticket::OwnTicketPage};
use booked_postgres::Database;
use booked_server::{ApiError, User, query::first};
use chrono::DateTime;
use uuid::Uuid;

use super::query::{EventFilter, first_positive};
use crate::outbound::postgres::{TicketCursor, tickets_of_user};

const LIMIT_DEFAULT: i64 = 50;
const LIMIT_MAX: i64 = 100;
/// The last moment that a cursor may name: the end of the year 9999.
const LAST_US: i64 = 253_402_300_799_999_999;

/// The caller's tickets, those that were booked latest first.
#[utoipa::path(
    get,
    path = "/user/tickets/",
    tag = "tickets",
    security(("bearer" = [])),
    description = "A ticket that is neither booked nor cancelled meanwhile is on exactly one page.",
    params(
        ("event_id" = Option<String>, Query, format = "uuid",
            description = "Only tickets of this event; of one that does not exist there are none"),
        ("after" = Option<String>, Query,
            description = "The `next` of the page before, as it is; what is none is refused with SYS-01"),
        ("limit" = Option<String>, Query, example = "50",
            description = "How many tickets: 50 by default, 100 at most. What is no positive 64-bit integer counts as not given."),
    ),
    responses(
        (status = 200, description = "A page", body = OwnTicketPage),
        (status = 400, description = "SYS-01 (after is no `next` of a page), SYS-03 (event_id is no UUID)", body = ErrorBody),
        (status = 500, description = "SYS-02, DB-01", body = ErrorBody),
    )
)]
pub(super) async fn list_tickets(
    User(user): User,
    request: HttpRequest,
    database: Data<Database>,
) -> Result<Json<OwnTicketPage>, ApiError> {
    let query = request.query_string();
    let after = first(query, "after").map(|text| decode(&text)).transpose()?;
    let event = match EventFilter::of(query)? {
        EventFilter::All => None,
        EventFilter::One(event) => Some(event),
        EventFilter::Nothing => return Ok(Json(OwnTicketPage { tickets: Vec::new(), next: None })),
    };
    let limit = first_positive(query, "limit").unwrap_or(LIMIT_DEFAULT).min(LIMIT_MAX);
    let (tickets, next) = tickets_of_user(&database, user.user, event, after, limit).await?;
    Ok(Json(OwnTicketPage { tickets, next: next.map(encode) }))
}

/// A cursor as clients see it: a text that is handed back and not taken apart.
fn encode(cursor: TicketCursor) -> String {
    let mut bytes = cursor.booked_at.timestamp_micros().to_be_bytes().to_vec();
    bytes.extend(cursor.ticket.as_bytes());
    URL_SAFE_NO_PAD.encode(bytes)
}

fn decode(text: &str) -> Result<TicketCursor, ApiError> {
    let malformed = || ApiError::new(Code::BodyUndecodable).with_detail("after is no next of a page");
    let bytes = URL_SAFE_NO_PAD.decode(text).map_err(|_| malformed())?;
    let (micros, ticket) = bytes.split_first_chunk().ok_or_else(malformed)?;
    let micros = i64::from_be_bytes(*micros);
    let booked_at = DateTime::from_timestamp_micros(micros).filter(|_| (0..=LAST_US).contains(&micros));
    let ticket = Uuid::from_slice(ticket).map_err(|_| malformed())?;
    Ok(TicketCursor { booked_at: booked_at.ok_or_else(malformed)?, ticket })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cursor(micros: i64) -> TicketCursor {
        let booked_at = DateTime::from_timestamp_micros(micros).unwrap();
        TicketCursor { booked_at, ticket: Uuid::from_u128(7) }
    }

    #[test]
    fn a_cursor_is_read_as_it_was_written() {
        for micros in [0, 1_800_000_000_123_456, LAST_US] {
            assert_eq!(decode(&encode(cursor(micros))).unwrap(), cursor(micros));
        }
    }

    #[test]
    fn what_is_no_cursor_is_refused() {
        let good = encode(cursor(1));
        let padded = format!("{good}=");
        for odd in ["", "x", "%", &good[1..], &padded, &encode(cursor(-1)), &encode(cursor(LAST_US + 1))] {
            assert_eq!(decode(odd).map_err(|error| error.code()), Err(Code::BodyUndecodable), "{odd}");
        }
    }
}

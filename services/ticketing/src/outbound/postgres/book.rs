//! Bookings in one statement: many at once, each by itself done or refused.

use booked_ids::{TicketId, UserId};
use diesel::{
    QueryResult,
    pg::Pg,
    query_builder::{AstPass, Query, QueryFragment, QueryId},
    sql_types::{Array, BigInt, Integer, Text, Uuid as SqlUuid},
};
use diesel_async::{AsyncPgConnection, RunQueryDsl as _};
use uuid::Uuid;

use crate::{domain::seat::AttemptId, outbound::as_run};

/// One booking of a batch.
#[derive(Clone, Debug)]
pub(super) struct Booking {
    pub(super) attempt: AttemptId,
    pub(super) user: UserId,
    pub(super) tickets: Vec<TicketId>,
}

/// What the statement decided about one booking.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Verdict {
    /// Its rows are written.
    Booked,
    /// An event is unknown or deleted, or has no such seat.
    NotForSale,
    /// A ticket has an owner.
    Sold,
    /// The attempt was settled before.
    Void,
}

/// The batch as a whole.
pub(super) struct Decided {
    /// In the order of the bookings.
    pub(super) verdicts: Vec<Verdict>,
    /// Whether every ticket of every booked one was written. If not, somebody else wrote one of them at the same moment,
    /// and the transaction must be rolled back.
    pub(super) complete: bool,
}

pub(super) async fn book(connection: &mut AsyncPgConnection, bookings: &[Booking]) -> QueryResult<Decided> {
    let rows: Vec<(i32, String, i64)> = Statement::of(bookings).load(connection).await?;
    let mut verdicts = vec![Verdict::NotForSale; bookings.len()];
    let (mut expected, mut written) = (0, 0);
    for (number, verdict, tickets_written) in rows {
        written = tickets_written;
        let Some(index) = usize::try_from(number).ok().filter(|index| *index < bookings.len()) else {
            continue;
        };
        verdicts[index] = match verdict.as_str() {
            "booked" => {
                expected += bookings[index].tickets.len();
                Verdict::Booked
            }
            "sold" => Verdict::Sold,
            "void" => Verdict::Void,
            _ => Verdict::NotForSale,
        };
    }
    Ok(Decided { verdicts, complete: usize::try_from(written) == Ok(expected) })
}

/// A fragment with an id of its own: diesel would prepare a plain `sql_query` anew at each call.
struct Statement {
    attempts: Vec<Uuid>,
    users: Vec<Uuid>,
    numbers: Vec<i32>,
    tickets: Vec<Uuid>,
    events: Vec<Uuid>,
    seats: Vec<i32>,
}

impl Statement {
    fn of(bookings: &[Booking]) -> Self {
        let mut statement = Self {
            attempts: bookings.iter().map(|booking| booking.attempt.0).collect(),
            users: bookings.iter().map(|booking| booking.user.as_uuid()).collect(),
            numbers: Vec::new(),
            tickets: Vec::new(),
            events: Vec::new(),
            seats: Vec::new(),
        };
        for (number, booking) in (0..).zip(bookings) {
            for ticket in &booking.tickets {
                statement.numbers.push(number);
                statement.tickets.push(ticket.as_uuid());
                statement.events.push(ticket.event().as_uuid());
                // No event has as many seats as would not fit, so the largest number is refused like them.
                statement.seats.push(i32::try_from(ticket.seat().get()).unwrap_or(i32::MAX));
            }
        }
        statement
    }
}

impl QueryId for Statement {
    type QueryId = Self;
    const HAS_STATIC_QUERY_ID: bool = true;
}

impl Query for Statement {
    type SqlType = (Integer, Text, BigInt);
}

/// The locked events come first, in the order of their ids, and what is checked is checked on the locked rows. Tickets are
/// written in the order of their ids. `wanted` holds no ticket twice for one booking; where two bookings of a batch want
/// the same one, `ON CONFLICT` drops the second and the count shows it.
const PARTS: [&str; 7] = [
    "WITH booking AS MATERIALIZED (SELECT number::int - 1 AS number, id, user_id FROM unnest(",
    ", ",
    ") WITH ORDINALITY AS given (id, user_id, number)), \
     wanted AS MATERIALIZED (SELECT number, ticket_id, event_id, seat FROM unnest(",
    ", ",
    ", ",
    ", ",
    ") AS given (number, ticket_id, event_id, seat)), \
     locked AS MATERIALIZED ( \
         SELECT events.id, events.seat_count, events.deleted FROM events \
         WHERE events.id IN (SELECT event_id FROM wanted) ORDER BY events.id FOR SHARE), \
     judged AS MATERIALIZED ( \
         SELECT booking.number, booking.id, booking.user_id, CASE \
             WHEN bool_or(locked.id IS NULL OR locked.deleted OR wanted.seat > locked.seat_count) THEN 'not for sale' \
             WHEN bool_or(tickets.id IS NOT NULL) THEN 'sold' \
             ELSE 'good' END AS verdict \
         FROM booking JOIN wanted ON wanted.number = booking.number \
         LEFT JOIN locked ON locked.id = wanted.event_id \
         LEFT JOIN tickets ON tickets.id = wanted.ticket_id \
         GROUP BY booking.number, booking.id, booking.user_id), \
     settled AS ( \
         INSERT INTO bookings (id, booked) SELECT id, true FROM judged WHERE verdict = 'good' ORDER BY id \
         ON CONFLICT (id) DO NOTHING RETURNING id), \
     sold AS MATERIALIZED ( \
         SELECT wanted.ticket_id, wanted.event_id, wanted.seat, judged.user_id, judged.id AS booking_id \
         FROM settled JOIN judged ON judged.id = settled.id JOIN wanted ON wanted.number = judged.number), \
     written AS ( \
         INSERT INTO tickets (id, event_id, user_id, booking_id, booked_at) \
         SELECT ticket_id, event_id, user_id, booking_id, now() FROM sold ORDER BY ticket_id \
         ON CONFLICT (id) DO NOTHING RETURNING id), \
     told AS ( \
         INSERT INTO outbox (kind, subject, data) \
         SELECT 'booked.ticketing.tickets_booked', event_id, json_build_object( \
             'booking_id', booking_id, 'event_id', event_id, 'user_id', user_id, \
             'seats', json_agg(seat ORDER BY seat), \
             'booked_unix_ms', floor(extract(epoch FROM now()) * 1000)::bigint) \
         FROM sold GROUP BY booking_id, event_id, user_id) \
     SELECT judged.number, CASE \
         WHEN judged.verdict <> 'good' THEN judged.verdict \
         WHEN settled.id IS NULL THEN 'void' ELSE 'booked' END, \
         (SELECT count(*) FROM written) \
     FROM judged LEFT JOIN settled ON settled.id = judged.id",
];

impl QueryFragment<Pg> for Statement {
    fn walk_ast<'b>(&'b self, mut out: AstPass<'_, 'b, Pg>) -> QueryResult<()> {
        let [first, users, tickets, ids, events, seats, rest] = PARTS;
        out.push_sql(first);
        out.push_bind_param::<Array<SqlUuid>, _>(&self.attempts)?;
        out.push_sql(users);
        out.push_bind_param::<Array<SqlUuid>, _>(&self.users)?;
        out.push_sql(tickets);
        out.push_bind_param::<Array<Integer>, _>(&self.numbers)?;
        out.push_sql(ids);
        out.push_bind_param::<Array<SqlUuid>, _>(&self.tickets)?;
        out.push_sql(events);
        out.push_bind_param::<Array<SqlUuid>, _>(&self.events)?;
        out.push_sql(seats);
        out.push_bind_param::<Array<Integer>, _>(&self.seats)?;
        out.push_sql(&as_run(rest));
        Ok(())
    }
}

//! Bookings in one statement: many at once, each done or refused on its own.

use std::collections::{BTreeSet, HashMap};

use booked_idempotency::RequestKey;
use booked_ids::{TicketId, UserId};
use booked_postgres::prepared;
use diesel::{
    QueryResult,
    pg::Pg,
    query_builder::{AstPass, QueryFragment},
    sql_types::{Array, BigInt, Integer, Text, Uuid as SqlUuid},
};
use diesel_async::{AsyncPgConnection, RunQueryDsl as _};
use uuid::Uuid;

use super::event_lock;
use crate::{domain::seat::AttemptId, outbound::as_run};

/// One booking of a batch.
#[derive(Clone, Debug)]
pub(super) struct Booking {
    pub(super) attempt: AttemptId,
    pub(super) user: UserId,
    pub(super) tickets: Vec<TicketId>,
    /// Of the request for which it is made.
    pub(super) key: Option<RequestKey>,
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
    /// An event was cancelled.
    EventCancelled,
    /// The user would have more tickets of an event than one buyer may.
    OverLimit,
    /// An event has a limit for each buyer, and the lock of this one is not the transaction's.
    Contended,
    /// The attempt was settled before.
    Void,
    /// A request with its key came first.
    Repeated,
}

/// The batch as a whole.
pub(super) struct Decided {
    /// In the order of the bookings.
    pub(super) verdicts: Vec<Verdict>,
    /// Whether every ticket of every booked one was written. If not, somebody else wrote one of them at the same moment,
    /// and the transaction must be rolled back.
    pub(super) complete: bool,
}

/// Decides about the bookings and writes those that are good. `locked`: those whose buyers are locked, which `limit` or an
/// event's own limit may concern.
pub(super) async fn book(
    connection: &mut AsyncPgConnection,
    bookings: &[Booking],
    locked: Vec<Uuid>,
    limit: u32,
) -> QueryResult<Decided> {
    let statement =
        Statement { locked, limit: i32::try_from(limit).unwrap_or(i32::MAX), ..Statement::of(bookings) };
    let rows: Vec<(Uuid, String, i64)> = statement.load(connection).await?;
    let written = rows.iter().map(|(.., written)| *written).max().unwrap_or(0);
    let decided: HashMap<Uuid, Verdict> =
        rows.into_iter().map(|(attempt, verdict, _)| (attempt, Verdict::named(&verdict))).collect();
    let verdicts: Vec<Verdict> = bookings
        .iter()
        .map(|booking| decided.get(&booking.attempt.0).copied().unwrap_or(Verdict::NotForSale))
        .collect();
    let booked = bookings.iter().zip(&verdicts).filter(|(_, verdict)| **verdict == Verdict::Booked);
    let expected: usize = booked.map(|(booking, _)| booking.tickets.len()).sum();
    Ok(Decided { verdicts, complete: usize::try_from(written) == Ok(expected) })
}

impl Verdict {
    fn named(name: &str) -> Self {
        match name {
            "booked" => Self::Booked,
            "sold" => Self::Sold,
            "cancelled" => Self::EventCancelled,
            "over limit" => Self::OverLimit,
            "contended" => Self::Contended,
            "void" => Self::Void,
            _ => Self::NotForSale,
        }
    }
}

/// A fragment with an id of its own: diesel would prepare a plain `sql_query` again at each call.
struct Statement {
    // A ticket each.
    attempts: Vec<Uuid>,
    users: Vec<Uuid>,
    tickets: Vec<Uuid>,
    events: Vec<Uuid>,
    seats: Vec<i32>,
    /// The events to lock, each once, in the order of their ids.
    to_lock: Vec<Uuid>,
    /// Their turns, each once, in order.
    turns: Vec<i32>,
    /// The bookings whose buyers are locked.
    locked: Vec<Uuid>,
    /// How many tickets one user may have of an event that sets no limit of its own; 0: any number.
    limit: i32,
}

impl Statement {
    fn of(bookings: &[Booking]) -> Self {
        let count = bookings.iter().map(|booking| booking.tickets.len()).sum();
        let mut statement = Self {
            attempts: Vec::with_capacity(count),
            users: Vec::with_capacity(count),
            tickets: Vec::with_capacity(count),
            events: Vec::with_capacity(count),
            seats: Vec::with_capacity(count),
            to_lock: Vec::new(),
            turns: Vec::new(),
            locked: Vec::new(),
            limit: 0,
        };
        let (mut to_lock, mut numbers) = (BTreeSet::new(), BTreeSet::new());
        for booking in bookings {
            for ticket in &booking.tickets {
                numbers.insert(event_lock::number(ticket.event()));
                let event = ticket.event().as_uuid();
                to_lock.insert(event);
                statement.attempts.push(booking.attempt.0);
                statement.users.push(booking.user.as_uuid());
                statement.tickets.push(ticket.as_uuid());
                statement.events.push(event);
                // No event has as many seats as would not fit, so the largest number is refused like them.
                statement.seats.push(i32::try_from(ticket.seat().get()).unwrap_or(i32::MAX));
            }
        }
        statement.to_lock.extend(to_lock);
        statement.turns.extend(numbers);
        statement
    }
}

prepared!(Statement => (SqlUuid, Text, BigInt));

/// The turns at the events are shared first, and only then the rows looked at and locked, since the look names the count of
/// the turns; each in the order in which they are given, and what is checked is checked on the locked rows.
/// Tickets are written in the order of their ids. No booking has a ticket twice; where two bookings of a batch want the same
/// one, `ON CONFLICT` drops the second and the count shows it.
///
/// The plan is made once, often while the tables are still empty, and must be right when they hold millions of rows a minute
/// later: both tables are looked up in subqueries of their own (`FOR SHARE` and `OFFSET 0` keep them that), row by row, where
/// only the index comes into question. A join would be planned as a scan of the whole empty table.
///
/// A limit is judged by the user's tickets as this statement sees them, and only under the buyer's lock, which was taken before. A
/// limit that is newer than what the statement sees is not judged: bookings that it does not see may have been made without it.
const PARTS: [&str; 11] = [
    "WITH wanted AS MATERIALIZED (SELECT booking_id, user_id, ticket_id, event_id, seat FROM unnest(",
    ", ",
    ", ",
    ", ",
    ", ",
    ") AS given (booking_id, user_id, ticket_id, event_id, seat)), \
     shared AS MATERIALIZED ( \
         SELECT count(pg_advisory_xact_lock_shared(",
    ", turn)) AS turns FROM unnest(",
    ") AS given (turn)), \
     locked AS MATERIALIZED ( \
         SELECT events.id, events.seat_count, events.deleted, \
             coalesce((events.sale->>'cancelled')::boolean, false) AS cancelled, \
             events.version IS DISTINCT FROM ( \
                 SELECT seen.version FROM events AS seen WHERE seen.id = events.id) AS is_newer, \
             coalesce((events.sale->>'max_per_buyer')::int, ",
    ") AS most FROM shared CROSS JOIN unnest(",
    ") AS given (id) CROSS JOIN LATERAL ( \
             SELECT id, version, seat_count, deleted, sale FROM events WHERE events.id = given.id AND shared.turns > 0 FOR SHARE) \
             AS events), \
     limited AS MATERIALIZED ( \
         SELECT wanted.booking_id, wanted.booking_id = ANY(",
    ") AS is_locked, bool_or(wants + has > most) AS is_over \
         FROM (SELECT booking_id, user_id, event_id, most, count(*) AS wants \
             FROM wanted JOIN locked ON locked.id = wanted.event_id AND locked.most > 0 \
             GROUP BY booking_id, user_id, event_id, most) AS wanted \
         CROSS JOIN LATERAL ( \
             SELECT count(*) AS has FROM tickets \
             WHERE tickets.user_id = wanted.user_id AND tickets.event_id = wanted.event_id OFFSET 0) AS tickets \
         GROUP BY wanted.booking_id), \
     judged AS MATERIALIZED ( \
         SELECT wanted.booking_id, CASE \
             WHEN bool_or(locked.id IS NULL OR locked.deleted OR wanted.seat > locked.seat_count) THEN 'not for sale' \
             WHEN bool_or(locked.cancelled) THEN 'cancelled' \
             WHEN bool_or(tickets.id IS NOT NULL) THEN 'sold' \
             WHEN bool_or(NOT limited.is_locked) THEN 'contended' \
             WHEN bool_or(locked.most > 0 AND locked.is_newer) THEN 'contended' \
             WHEN bool_or(limited.is_over) THEN 'over limit' \
             ELSE 'good' END AS verdict \
         FROM wanted LEFT JOIN locked ON locked.id = wanted.event_id \
         LEFT JOIN limited ON limited.booking_id = wanted.booking_id \
         LEFT JOIN LATERAL ( \
             SELECT tickets.id FROM tickets WHERE tickets.id = wanted.ticket_id OFFSET 0) AS tickets ON true \
         GROUP BY wanted.booking_id), \
     settled AS ( \
         INSERT INTO bookings (id, booked) \
         SELECT booking_id, true FROM judged WHERE verdict = 'good' ORDER BY booking_id \
         ON CONFLICT (id) DO NOTHING RETURNING id), \
     sold AS MATERIALIZED ( \
         SELECT wanted.* FROM settled JOIN wanted ON wanted.booking_id = settled.id), \
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
     SELECT judged.booking_id, CASE \
         WHEN judged.verdict <> 'good' THEN judged.verdict \
         WHEN settled.id IS NULL THEN 'void' ELSE 'booked' END, \
         (SELECT count(*) FROM written) \
     FROM judged LEFT JOIN settled ON settled.id = judged.booking_id",
];

impl QueryFragment<Pg> for Statement {
    fn walk_ast<'b>(&'b self, mut out: AstPass<'_, 'b, Pg>) -> QueryResult<()> {
        let [first, users, tickets, events, seats, space, turns_of, limit, to_lock, locked, rest] = PARTS;
        out.push_sql(first);
        out.push_bind_param::<Array<SqlUuid>, _>(&self.attempts)?;
        out.push_sql(users);
        out.push_bind_param::<Array<SqlUuid>, _>(&self.users)?;
        out.push_sql(tickets);
        out.push_bind_param::<Array<SqlUuid>, _>(&self.tickets)?;
        out.push_sql(events);
        out.push_bind_param::<Array<SqlUuid>, _>(&self.events)?;
        out.push_sql(seats);
        out.push_bind_param::<Array<Integer>, _>(&self.seats)?;
        out.push_sql(space);
        out.push_bind_param::<Integer, _>(&event_lock::SPACE)?;
        out.push_sql(turns_of);
        out.push_bind_param::<Array<Integer>, _>(&self.turns)?;
        out.push_sql(limit);
        out.push_bind_param::<Integer, _>(&self.limit)?;
        out.push_sql(to_lock);
        out.push_bind_param::<Array<SqlUuid>, _>(&self.to_lock)?;
        out.push_sql(locked);
        out.push_bind_param::<Array<SqlUuid>, _>(&self.locked)?;
        out.push_sql(&as_run(rest));
        Ok(())
    }
}

//! The limit of a buyer, where Postgres decides about it: bookings of one user that a limit concerns are decided one after the
//! other, each by a statement that sees what the one before wrote.

use std::collections::BTreeSet;

use booked_ids::EventId;
use diesel::{
    QueryResult, QueryableByName,
    sql_types::{Array, Uuid as SqlUuid},
};
use diesel_async::{AsyncPgConnection, RunQueryDsl as _};
use moka::sync::Cache;
use uuid::Uuid;

use super::book::{Booking, Verdict};

/// Events that are remembered to have a limit; a booking of a forgotten one is tried twice.
const LIMITED_MAX: u64 = 100_000;

/// What this process knows of limits.
#[derive(Clone, Debug)]
pub(super) struct BuyerLimits {
    /// How many tickets one user may have of an event that sets no limit of its own; 0: any number.
    pub(super) default: u32,
    limited: Cache<EventId, ()>,
}

#[derive(QueryableByName)]
struct Mine {
    #[diesel(sql_type = SqlUuid)]
    booking_id: Uuid,
}

impl BuyerLimits {
    pub(super) fn new(default: u32) -> Self {
        Self { default, limited: Cache::new(LIMITED_MAX) }
    }

    /// Takes the locks of the buyers that a limit may concern, until the transaction ends, and says whose bookings may be decided
    /// now. It is a statement of its own: what comes after it sees all that was written under a lock before. Nobody waits for a
    /// lock with a connection in hand: a booking whose buyer is locked elsewhere is refused as contended, and comes again. Of
    /// several bookings of a user one is decided, since none of them would see the others.
    pub(super) async fn lock_buyers(
        &self,
        connection: &mut AsyncPgConnection,
        bookings: &[Booking],
    ) -> QueryResult<Vec<Uuid>> {
        let (mut attempts, mut users) = (Vec::new(), BTreeSet::new());
        let mut in_order = Vec::new();
        for booking in bookings.iter().filter(|booking| self.may_concern(booking)) {
            if users.insert(booking.user) {
                attempts.push(booking.attempt.0);
                in_order.push(booking.user.as_uuid());
            }
        }
        if attempts.is_empty() {
            return Ok(attempts);
        }
        let mine: Vec<Mine> = diesel::sql_query(
            "SELECT booking_id FROM unnest($1, $2) AS asked (booking_id, user_id) \
             WHERE pg_try_advisory_xact_lock(hashtextextended('buyer ' || user_id::text, 0))",
        )
        .bind::<Array<SqlUuid>, _>(&attempts)
        .bind::<Array<SqlUuid>, _>(&in_order)
        .load(connection)
        .await?;
        Ok(mine.into_iter().map(|row| row.booking_id).collect())
    }

    /// Learns which events have a limit from what could not be decided without a lock.
    pub(super) fn learn(&self, bookings: &[Booking], verdicts: &[Verdict]) {
        let contended = bookings.iter().zip(verdicts).filter(|(_, verdict)| **verdict == Verdict::Contended);
        for ticket in contended.flat_map(|(booking, _)| &booking.tickets) {
            self.limited.insert(ticket.event(), ());
        }
    }

    fn may_concern(&self, booking: &Booking) -> bool {
        self.default > 0 || booking.tickets.iter().any(|ticket| self.limited.contains_key(&ticket.event()))
    }
}

//! Turns at an event: who shares its row and who changes it stand in one queue, so that a change gets its turn however
//! many bookings there are. The row's own lock lets new sharers in while somebody waits to change it; an advisory lock does
//! not. The row's lock is what keeps the books right all the same: this one is fairness alone, and code that leaves it out
//! breaks nothing but that.
//!
//! Locks are taken in this order, so that no two transactions wait for each other: that of a buyer (`buyer_limit.rs`) or those of
//! a user's cancels, which are tried and not waited for, turns (in the order of their numbers), rows of `events` (in the order of
//! ids), then what the statement writes: `bookings`,
//! `tickets`, `sold_counts`, each in the order of its keys. A change takes one turn, then its row of `event_changes`, then
//! the event's; nobody who has either of these two waits for a turn.

use std::collections::BTreeSet;

use booked_ids::EventId;
use diesel::{
    QueryResult,
    sql_types::{Array, BigInt, Integer},
};
use diesel_async::{AsyncPgConnection, RunQueryDsl as _};

/// The first of the two numbers of the locks; those of one number have a space of their own.
pub(super) const SPACE: i32 = 1;

/// How long a change waits for its turn, while bookings wait behind it: much longer than a booking takes, and short for
/// those who wait where a process sleeps in the middle of one.
const CHANGE_WAIT_MS: i64 = 400;

/// The second number. A part of the event's randomness, since the server has room for some thousands of locks and one batch
/// of bookings may be of as many events. Events of one number wait for each other's changes, which are rare and short.
pub(super) fn number(event: EventId) -> i32 {
    let [.., random, _, _, _, _] = event.as_uuid().into_bytes();
    i32::from(random)
}

/// Waits until nobody changes the event, or waits to; nobody does so until the transaction ends.
pub(super) async fn shared(connection: &mut AsyncPgConnection, event: EventId) -> QueryResult<()> {
    diesel::sql_query("SELECT pg_advisory_xact_lock_shared($1, $2)")
        .bind::<Integer, _>(SPACE)
        .bind::<Integer, _>(number(event))
        .execute(connection)
        .await
        .map(drop)
}

/// Waits until nobody changes any of the events, or waits to; nobody does so until the transaction ends.
pub(super) async fn shared_by_all(
    connection: &mut AsyncPgConnection,
    events: &BTreeSet<EventId>,
) -> QueryResult<()> {
    let numbers: BTreeSet<i32> = events.iter().map(|event| number(*event)).collect();
    diesel::sql_query("SELECT pg_advisory_xact_lock_shared($1, turn) FROM unnest($2) AS given (turn)")
        .bind::<Integer, _>(SPACE)
        .bind::<Array<Integer>, _>(numbers.into_iter().collect::<Vec<i32>>())
        .execute(connection)
        .await
        .map(drop)
}

/// Waits for the turn to change the event, but not for long. It lasts until the transaction ends.
pub(super) async fn exclusive(connection: &mut AsyncPgConnection, event: EventId) -> QueryResult<()> {
    diesel::sql_query("SELECT set_config('lock_timeout', $1::text, true)")
        .bind::<BigInt, _>(CHANGE_WAIT_MS)
        .execute(connection)
        .await?;
    diesel::sql_query("SELECT pg_advisory_xact_lock($1, $2)")
        .bind::<Integer, _>(SPACE)
        .bind::<Integer, _>(number(event))
        .execute(connection)
        .await
        .map(drop)
}

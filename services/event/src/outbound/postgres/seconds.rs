//! Bounds how many events one second may have, even if several are added concurrently.

use booked_postgres::Abort;
use diesel::{ExpressionMethods as _, QueryDsl as _, sql_types::BigInt};
use diesel_async::{AsyncPgConnection, RunQueryDsl as _};

use super::schema::events;
use crate::domain::{EVENTS_A_SECOND_MAX, FullSecond, UnixTime};

/// These locks have a range of numbers of their own, above all Unix times.
const LOCKS: i64 = 0x5ec0 << 48;

/// Reserves room for one more event at this second until the transaction ends. Transactions that add to the same second
/// take turns. No transaction takes another lock after this one, so there is no deadlock.
pub(super) async fn keep_a_place<R: From<FullSecond>>(
    connection: &mut AsyncPgConnection,
    second: UnixTime,
) -> Result<(), Abort<R>> {
    diesel::sql_query("SELECT pg_advisory_xact_lock($1)")
        .bind::<BigInt, _>(LOCKS | second.seconds())
        .execute(connection)
        .await?;
    // A separate statement, so that it sees what was committed while this transaction waited for the lock.
    let taken: Vec<i64> = events::table
        .filter(events::deleted_at.is_null())
        .filter(events::unix_time.eq(second.seconds()))
        .limit(EVENTS_A_SECOND_MAX)
        .select(events::unix_time)
        .load(connection)
        .await?;
    let is_full = i64::try_from(taken.len()).is_ok_and(|taken| taken >= EVENTS_A_SECOND_MAX);
    if is_full { Err(Abort::Refuse(FullSecond.into())) } else { Ok(()) }
}

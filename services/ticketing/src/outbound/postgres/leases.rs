//! Jobs that one replica does at a time, by leases in the database and on its clock.

use std::time::Duration;

use diesel::{
    QueryResult,
    sql_types::{BigInt, Text, Uuid as SqlUuid},
};
use diesel_async::{AsyncPgConnection, RunQueryDsl as _};
use uuid::Uuid;

/// Whether this replica does the job for the next while. If another one does, nothing is written, not even a lock.
pub(super) async fn take_lease(
    connection: &mut AsyncPgConnection,
    job: &str,
    holder: Uuid,
    lease: Duration,
) -> QueryResult<bool> {
    let taken = diesel::sql_query(
        "INSERT INTO leases (name, holder, held_until) \
         SELECT $1, $2, now() + $3 * interval '1 millisecond' WHERE NOT EXISTS \
             (SELECT FROM leases WHERE name = $1 AND holder <> $2 AND held_until >= now()) \
         ON CONFLICT (name) DO UPDATE SET holder = excluded.holder, held_until = excluded.held_until \
         WHERE leases.holder = excluded.holder OR leases.held_until < now()",
    )
    .bind::<Text, _>(job)
    .bind::<SqlUuid, _>(holder)
    .bind::<BigInt, _>(i64::try_from(lease.as_millis()).unwrap_or(i64::MAX))
    .execute(connection)
    .await?;
    Ok(taken == 1)
}

/// Lets another replica do the job at once, if this one had the lease.
pub(super) async fn give_lease(
    connection: &mut AsyncPgConnection,
    job: &str,
    holder: Uuid,
) -> QueryResult<()> {
    diesel::sql_query("DELETE FROM leases WHERE name = $1 AND holder = $2")
        .bind::<Text, _>(job)
        .bind::<SqlUuid, _>(holder)
        .execute(connection)
        .await
        .map(drop)
}

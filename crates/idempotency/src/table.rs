//! The table `idempotency_keys`: what requests with a key were answered.
//!
//! A key that another transaction is writing is not waited for with a connection in hand, which others need: its lock is tried.
//! Who has the lock finds by the index whether the key is there, and so nobody writes it twice.

use std::collections::HashSet;

use booked_contract::Code;
use booked_failure::Failure;
use booked_postgres::{Abort, prepared};
use booked_server::ApiError;
use diesel::{
    OptionalExtension as _, QueryResult, QueryableByName,
    pg::Pg,
    query_builder::{AstPass, QueryFragment},
    result::Error,
    sql_types::{Array, BigInt, Jsonb, Uuid as SqlUuid},
};
use diesel_async::{AsyncPgConnection, RunQueryDsl as _};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use uuid::Uuid;

use crate::RequestKey;

/// The keys, as failures name them.
pub(crate) const KEYS: &str = "the table of idempotency keys";

/// An answer as it is kept.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Kept {
    /// What was done, as the service's use case says it.
    Done(Value),
    /// Why nothing was done.
    Refused { code: String, detail: Option<String> },
}

/// What is kept under a key.
#[derive(Debug, QueryableByName)]
pub(crate) struct Row {
    /// The digest of what was asked.
    #[diesel(sql_type = SqlUuid)]
    pub(crate) request: Uuid,
    #[diesel(sql_type = Jsonb)]
    answer: Value,
}

impl Row {
    pub(crate) fn answer(&self) -> Result<Kept, serde_json::Error> {
        Kept::deserialize(&self.answer)
    }
}

impl Kept {
    /// A refusal that names a state; none for what may be otherwise at the next try for no reason of the request's own.
    pub(crate) fn refusal(error: &ApiError) -> Option<Self> {
        let code = error.code();
        let is_own = matches!(code, Code::FirstRequestUnderWay | Code::IdempotencyKeyReused);
        let names_a_state = matches!(code.status(), 400 | 404 | 409 | 422) && !is_own;
        let detail = || error.detail().map(str::to_owned);
        names_a_state.then(|| Self::Refused { code: code.as_str().to_owned(), detail: detail() })
    }
}

/// Keeps in the transaction that does what a request asks for, after everything else, that it was done. Without a key
/// nothing is kept.
///
/// # Errors
///
/// [`Failure::Repeated`] if a request with the same key came first; the transaction must be rolled back.
pub async fn keep_done<T: Serialize + Sync, E: From<Failure>>(
    connection: &mut AsyncPgConnection,
    key: Option<RequestKey>,
    done: &T,
) -> Result<(), Abort<E>> {
    let Some(key) = key.filter(|_| !is_apart()) else { return Ok(()) };
    let done = serde_json::to_value(done).map_err(|error| Error::SerializationError(Box::new(error)))?;
    match keep(connection, &[key], &Kept::Done(done)).await?.is_empty() {
        true => Err(Abort::Refuse(Failure::repeated(KEYS, "another request with it came first").into())),
        false => Ok(()),
    }
}

/// Keeps of several requests that they are done, and says of which: of the others a request with the same key came first, and
/// they must not be done. What turns out not to be done after all is to be deleted, in the same transaction.
///
/// # Errors
///
/// The database fails.
pub async fn keep_all_done(
    connection: &mut AsyncPgConnection,
    keys: &[RequestKey],
) -> QueryResult<HashSet<Uuid>> {
    if is_apart() {
        return Ok(keys.iter().map(|key| key.id).collect());
    }
    keep(connection, keys, &Kept::Done(Value::Null)).await
}

/// Deletes keys that this transaction has written.
///
/// # Errors
///
/// The database fails.
pub async fn delete(connection: &mut AsyncPgConnection, ids: Vec<Uuid>) -> QueryResult<()> {
    let delete = diesel::sql_query("DELETE FROM idempotency_keys WHERE id = ANY($1)");
    delete.bind::<Array<SqlUuid>, _>(ids).execute(connection).await.map(drop)
}

/// Writes the keys that are not there yet and that nobody is writing, and says which.
pub(crate) async fn keep(
    connection: &mut AsyncPgConnection,
    keys: &[RequestKey],
    answer: &Kept,
) -> QueryResult<HashSet<Uuid>> {
    let answer = serde_json::to_value(answer).map_err(|error| Error::SerializationError(Box::new(error)))?;
    let ids = keys.iter().map(|key| key.id).collect();
    let requests = keys.iter().map(|key| key.request).collect();
    let kept: Vec<Uuid> = Keep { ids, requests, answer }.load(connection).await?;
    Ok(kept.into_iter().collect())
}

/// Whether keys are written after their effects instead of with them, for a run that must be found wrong.
pub(crate) fn is_apart() -> bool {
    cfg!(feature = "unguarded")
        && std::env::var("BOOKED_WITHOUT").is_ok_and(|guard| guard == "key-with-effect")
}

struct Keep {
    ids: Vec<Uuid>,
    requests: Vec<Uuid>,
    answer: Value,
}

prepared!(Keep => SqlUuid);

impl QueryFragment<Pg> for Keep {
    fn walk_ast<'b>(&'b self, mut out: AstPass<'_, 'b, Pg>) -> QueryResult<()> {
        out.push_sql(
            "WITH locked AS MATERIALIZED ( \
                 SELECT id, request FROM unnest(",
        );
        out.push_bind_param::<Array<SqlUuid>, _>(&self.ids)?;
        out.push_sql(", ");
        out.push_bind_param::<Array<SqlUuid>, _>(&self.requests)?;
        out.push_sql(
            ") AS asked (id, request) \
                 WHERE pg_try_advisory_xact_lock(hashtextextended('key ' || id::text, 0))) \
             INSERT INTO idempotency_keys (id, request, answer) SELECT id, request, ",
        );
        out.push_bind_param::<Jsonb, _>(&self.answer)?;
        out.push_sql(" FROM locked ON CONFLICT (id) DO NOTHING RETURNING id");
        Ok(())
    }
}

/// What is kept under this key.
pub(crate) async fn find(connection: &mut AsyncPgConnection, id: Uuid) -> QueryResult<Option<Row>> {
    diesel::sql_query("SELECT request, answer FROM idempotency_keys WHERE id = $1")
        .bind::<SqlUuid, _>(id)
        .get_result(connection)
        .await
        .optional()
}

/// The same, and the commit of the transaction around it waits for the standbys as that of an effect does: what a read shows may be
/// on no standby yet, if a commit was cut short while it waited for them.
pub(crate) async fn confirm(connection: &mut AsyncPgConnection, id: Uuid) -> QueryResult<Option<Row>> {
    diesel::sql_query("SELECT pg_logical_emit_message(true, 'booked.confirm', '')")
        .execute(connection)
        .await?;
    find(connection, id).await
}

/// Removes at most this many keys that were written before so many hours, and says how many. Replicas that do this at the same
/// time take different ones.
pub(crate) async fn sweep(
    connection: &mut AsyncPgConnection,
    hours: i64,
    rows_max: i64,
) -> QueryResult<usize> {
    diesel::sql_query(
        "DELETE FROM idempotency_keys WHERE id IN (SELECT id FROM idempotency_keys \
         WHERE kept_at < now() - $1 * interval '1 hour' ORDER BY kept_at LIMIT $2 FOR UPDATE SKIP LOCKED)",
    )
    .bind::<BigInt, _>(hours)
    .bind::<BigInt, _>(rows_max)
    .execute(connection)
    .await
}

//! What is read of the outbox. A row is shown only when no row before it can still be committed: else whoever had read on
//! would never see that one. `sql/outbox_horizon.sql` says how that is known; rows are read by a later statement than the
//! horizon.

use chrono::{DateTime, Utc};
use diesel::{
    OptionalExtension as _, QueryResult,
    pg::Pg,
    query_builder::{AstPass, Query, QueryFragment, QueryId},
    sql_types::{BigInt, Json, Nullable, Text, Timestamptz, Uuid as SqlUuid},
};
use diesel_async::{AsyncPgConnection, RunQueryDsl as _};
use serde_json::Value;
use uuid::Uuid;

use crate::{Entry, Position};

/// The next entries, and where the feed stands.
pub(crate) struct Page {
    pub(crate) incarnation: String,
    /// The last committed row, shown or not.
    pub(crate) head: Position,
    pub(crate) entries: Vec<Entry>,
}

/// Reads the entries after a position. The head is read first, so that whoever has read up to it has read all that was
/// committed before he asked. The incarnation comes over the same connection as the entries: a server that took over
/// would not have it.
pub(crate) async fn read_page(
    connection: &mut AsyncPgConnection,
    after: Position,
    limit: u32,
) -> QueryResult<Page> {
    let (incarnation, head, horizon): (String, Option<i64>, i64) =
        ReadStanding { certain: after }.get_result(connection).await?;
    let rows: Vec<(i64, String, Uuid, Value, DateTime<Utc>)> =
        ReadEntries { after, horizon, limit: limit.into() }.load(connection).await?;
    let entries = rows
        .into_iter()
        .map(|(row_id, kind, subject, data, time)| Entry {
            position: Position(row_id),
            kind,
            subject,
            data,
            time,
        })
        .collect();
    Ok(Page { incarnation, head: Position(head.unwrap_or_default()), entries })
}

/// The id up to which rows may be shown, and the last one that was given out, where all up to `certain` is known to be
/// either there or never to come.
pub(crate) async fn read_horizon(
    connection: &mut AsyncPgConnection,
    certain: Position,
) -> QueryResult<(Position, Position)> {
    let (horizon, last) = ReadHorizon { certain }.get_result(connection).await?;
    Ok((Position(horizon), Position(last)))
}

/// The position of the last row that is shown up to this horizon.
pub(crate) async fn read_last_shown(
    connection: &mut AsyncPgConnection,
    horizon: Position,
) -> QueryResult<Position> {
    let last: Option<i64> = ReadLastShown { horizon: horizon.0 }.get_result(connection).await.optional()?;
    Ok(last.map_or(Position::START, Position))
}

/// How many rows no month's partition was there for; more than ten thousand are not counted.
pub(crate) async fn count_default_partition(connection: &mut AsyncPgConnection) -> QueryResult<i64> {
    let late = "SELECT count(*) FROM (SELECT FROM outbox_default LIMIT 10000) AS late";
    diesel::select(diesel::dsl::sql::<BigInt>(&format!("({late})"))).get_result(connection).await
}

// Fragments with ids of their own, since diesel does not keep other hand-written statements prepared.

struct ReadStanding {
    certain: Position,
}

impl QueryId for ReadStanding {
    type QueryId = Self;
    const HAS_STATIC_QUERY_ID: bool = true;
}

impl Query for ReadStanding {
    type SqlType = (Text, Nullable<BigInt>, BigInt);
}

impl QueryFragment<Pg> for ReadStanding {
    /// The database is part of the incarnation, since one that is made anew in the same server starts a new feed. All of
    /// this may be asked by every role, unless an administrator took that away.
    fn walk_ast<'b>(&'b self, mut out: AstPass<'_, 'b, Pg>) -> QueryResult<()> {
        out.push_sql(
            "SELECT concat_ws('-', (SELECT system_identifier FROM pg_control_system()), \
             (SELECT oid FROM pg_database WHERE datname = current_database()), \
             left(pg_walfile_name(pg_current_wal_lsn()), 8)), \
             (SELECT id FROM outbox ORDER BY id DESC LIMIT 1), \
             (SELECT horizon FROM outbox_horizon(",
        );
        out.push_bind_param::<BigInt, _>(&self.certain.0)?;
        out.push_sql("))");
        Ok(())
    }
}

struct ReadHorizon {
    certain: Position,
}

impl QueryId for ReadHorizon {
    type QueryId = Self;
    const HAS_STATIC_QUERY_ID: bool = true;
}

impl Query for ReadHorizon {
    type SqlType = (BigInt, BigInt);
}

impl QueryFragment<Pg> for ReadHorizon {
    fn walk_ast<'b>(&'b self, mut out: AstPass<'_, 'b, Pg>) -> QueryResult<()> {
        out.push_sql("SELECT horizon, last FROM outbox_horizon(");
        out.push_bind_param::<BigInt, _>(&self.certain.0)?;
        out.push_sql(")");
        Ok(())
    }
}

/// What is shown of the outbox: rows that none can still be committed before.
fn push_shown<'b>(horizon: &'b i64, out: &mut AstPass<'_, 'b, Pg>) -> QueryResult<()> {
    #[cfg(feature = "unguarded")]
    if std::env::var("BOOKED_WITHOUT").is_ok_and(|guard| guard == "below-horizon") {
        out.push_sql("id <= greatest(9223372036854775807, ");
        out.push_bind_param::<BigInt, _>(horizon)?;
        out.push_sql(") ");
        return Ok(());
    }
    out.push_sql("id <= ");
    out.push_bind_param::<BigInt, _>(horizon)?;
    out.push_sql(" ");
    Ok(())
}

struct ReadLastShown {
    horizon: i64,
}

impl QueryId for ReadLastShown {
    type QueryId = Self;
    const HAS_STATIC_QUERY_ID: bool = true;
}

impl Query for ReadLastShown {
    type SqlType = BigInt;
}

impl QueryFragment<Pg> for ReadLastShown {
    fn walk_ast<'b>(&'b self, mut out: AstPass<'_, 'b, Pg>) -> QueryResult<()> {
        out.push_sql("SELECT id FROM outbox WHERE ");
        push_shown(&self.horizon, &mut out)?;
        out.push_sql("ORDER BY id DESC LIMIT 1");
        Ok(())
    }
}

struct ReadEntries {
    after: Position,
    horizon: i64,
    limit: i64,
}

impl QueryId for ReadEntries {
    type QueryId = Self;
    const HAS_STATIC_QUERY_ID: bool = true;
}

impl Query for ReadEntries {
    type SqlType = (BigInt, Text, SqlUuid, Json, Timestamptz);
}

impl QueryFragment<Pg> for ReadEntries {
    /// The inner limit is a number that the planner knows, so that it reads the index in order instead of sorting.
    fn walk_ast<'b>(&'b self, mut out: AstPass<'_, 'b, Pg>) -> QueryResult<()> {
        out.push_sql("SELECT id, kind, subject, data, written_at FROM (SELECT * FROM outbox WHERE id > ");
        out.push_bind_param::<BigInt, _>(&self.after.0)?;
        out.push_sql(" AND ");
        push_shown(&self.horizon, &mut out)?;
        out.push_sql("ORDER BY id LIMIT 500) AS page ORDER BY page.id LIMIT ");
        out.push_bind_param::<BigInt, _>(&self.limit)
    }
}

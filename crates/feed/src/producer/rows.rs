//! What is read of the outbox. A row is shown only when every older transaction has ended: else one that commits later
//! would stand before it, and whoever had read on would never see it.

use chrono::{DateTime, Utc};
use diesel::{
    OptionalExtension as _, QueryResult,
    pg::Pg,
    query_builder::{AstPass, Query, QueryFragment, QueryId},
    sql_types::{BigInt, Bool, Json, Nullable, Text, Timestamptz, Uuid as SqlUuid},
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
    let (incarnation, transaction_id, row_id): (String, Option<i64>, Option<i64>) =
        ReadStanding.get_result(connection).await?;
    let head = Position::new(transaction_id.unwrap_or_default(), row_id.unwrap_or_default());
    let rows: Vec<(i64, i64, String, Uuid, Value, DateTime<Utc>)> =
        ReadEntries { after, limit: limit.into() }.load(connection).await?;
    let entries = rows
        .into_iter()
        .map(|(transaction_id, row_id, kind, subject, data, time)| {
            let position = Position::new(transaction_id, row_id);
            Entry { position, kind, subject, data, time }
        })
        .collect();
    Ok(Page { incarnation, head, entries })
}

/// The position of the last row that is shown.
pub(crate) async fn read_last_shown(connection: &mut AsyncPgConnection) -> QueryResult<Position> {
    let last: Option<(i64, i64)> = ReadLastShown.get_result(connection).await.optional()?;
    Ok(last.map_or(Position::START, |(transaction_id, row_id)| Position::new(transaction_id, row_id)))
}

/// The oldest transaction id that may still commit, and whether a transaction has it already.
pub(crate) async fn read_horizon(connection: &mut AsyncPgConnection) -> QueryResult<(i64, bool)> {
    ReadHorizon.get_result(connection).await
}

/// Fragments with ids of their own, since diesel does not keep other hand-written statements prepared.
macro_rules! statement {
    ($name:ident, $row:ty, $sql:literal) => {
        #[derive(QueryId)]
        struct $name;

        impl Query for $name {
            type SqlType = $row;
        }

        impl QueryFragment<Pg> for $name {
            fn walk_ast<'b>(&'b self, mut out: AstPass<'_, 'b, Pg>) -> QueryResult<()> {
                out.push_sql($sql);
                Ok(())
            }
        }
    };
}

// The database is part of the incarnation, since one that is made anew in the same server starts a new feed. All of
// this may be asked by every role, unless an administrator took that away.
statement!(
    ReadStanding,
    (Text, Nullable<BigInt>, Nullable<BigInt>),
    "SELECT concat_ws('-', (SELECT system_identifier FROM pg_control_system()), \
     (SELECT oid FROM pg_database WHERE datname = current_database()), \
     left(pg_walfile_name(pg_current_wal_lsn()), 8)), head.transaction_id::text::bigint, head.id \
     FROM (SELECT) AS one LEFT JOIN LATERAL (SELECT transaction_id, id FROM outbox \
     ORDER BY transaction_id DESC, id DESC LIMIT 1) AS head ON true"
);

/// What is shown of the outbox: rows that no transaction can still commit before.
fn shown() -> &'static str {
    #[cfg(feature = "unguarded")]
    if std::env::var("BOOKED_WITHOUT").is_ok_and(|guard| guard == "below-xmin") {
        return "true ";
    }
    "transaction_id < pg_snapshot_xmin(pg_current_snapshot()) "
}

#[derive(QueryId)]
struct ReadLastShown;

impl Query for ReadLastShown {
    type SqlType = (BigInt, BigInt);
}

impl QueryFragment<Pg> for ReadLastShown {
    fn walk_ast<'b>(&'b self, mut out: AstPass<'_, 'b, Pg>) -> QueryResult<()> {
        out.push_sql("SELECT transaction_id::text::bigint, id FROM outbox WHERE ");
        out.push_sql(shown());
        // By the table's column, which is indexed: a bare name would be that of the result, and all rows would be sorted.
        out.push_sql("ORDER BY outbox.transaction_id DESC, outbox.id DESC LIMIT 1");
        Ok(())
    }
}

statement!(
    ReadHorizon,
    (BigInt, Bool),
    "SELECT pg_snapshot_xmin(now)::text::bigint, pg_snapshot_xmin(now) < pg_snapshot_xmax(now) \
     FROM pg_current_snapshot() AS now"
);

struct ReadEntries {
    after: Position,
    limit: i64,
}

impl QueryId for ReadEntries {
    type QueryId = Self;
    const HAS_STATIC_QUERY_ID: bool = true;
}

impl Query for ReadEntries {
    type SqlType = (BigInt, BigInt, Text, SqlUuid, Json, Timestamptz);
}

impl QueryFragment<Pg> for ReadEntries {
    /// The inner limit is a number that the planner knows, so that it reads the index in order instead of sorting.
    fn walk_ast<'b>(&'b self, mut out: AstPass<'_, 'b, Pg>) -> QueryResult<()> {
        out.push_sql(
            "SELECT transaction_id::text::bigint, id, kind, subject, data, written_at FROM (\
             SELECT * FROM outbox WHERE (transaction_id, id) > (",
        );
        out.push_bind_param::<BigInt, _>(&self.after.transaction_id)?;
        out.push_sql("::text::xid8, ");
        out.push_bind_param::<BigInt, _>(&self.after.row_id)?;
        out.push_sql(") AND ");
        out.push_sql(shown());
        out.push_sql(
            "ORDER BY transaction_id, id LIMIT 500) AS page ORDER BY page.transaction_id, page.id LIMIT ",
        );
        out.push_bind_param::<BigInt, _>(&self.limit)
    }
}

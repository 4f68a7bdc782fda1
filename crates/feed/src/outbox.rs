//! The outbox: what happened, written in the transaction that makes it happen.

use booked_postgres::prepared;
use diesel::{
    QueryResult,
    pg::Pg,
    query_builder::{AstPass, QueryFragment},
    result::Error,
    sql_types::{Array, BigInt, Json, Text, Uuid as SqlUuid},
};
use diesel_async::{AsyncPgConnection, RunQueryDsl as _};
use serde::Serialize;
use serde_json::Value;
use uuid::Uuid;

use crate::{Position, producer::rows};

/// Something that happened, ready to be written.
#[derive(Clone, Debug, PartialEq)]
pub struct NewEntry {
    kind: &'static str,
    subject: Uuid,
    data: Value,
}

impl NewEntry {
    /// An entry of this kind about this subject.
    ///
    /// # Errors
    ///
    /// If the data cannot be written as JSON.
    pub fn new(kind: &'static str, subject: Uuid, data: &impl Serialize) -> QueryResult<Self> {
        let data = serde_json::to_value(data).map_err(|error| Error::SerializationError(Box::new(error)))?;
        Ok(Self { kind, subject, data })
    }
}

/// Writes entries in the caller's transaction, and returns the position of the last of them. Notify the
/// [`FeedSignal`](crate::FeedSignal) once the transaction is committed.
///
/// # Errors
///
/// If the statement fails.
pub async fn append(connection: &mut AsyncPgConnection, entries: &[NewEntry]) -> QueryResult<Position> {
    let statement = Append {
        kinds: entries.iter().map(|entry| entry.kind).collect(),
        subjects: entries.iter().map(|entry| entry.subject).collect(),
        data: entries.iter().map(|entry| &entry.data).collect(),
    };
    Ok(Position(statement.get_result(connection).await?))
}

/// Up to here everything is certain: a row that a later statement does not find up to here will never appear.
///
/// # Errors
///
/// If the statement fails.
pub async fn certain_until(connection: &mut AsyncPgConnection) -> QueryResult<Position> {
    rows::read_horizon(connection, Position::START).await.map(|(horizon, _)| horizon)
}

/// A query fragment with an id of its own, since otherwise diesel would prepare a batch insert again at each call.
struct Append<'a> {
    kinds: Vec<&'a str>,
    subjects: Vec<Uuid>,
    data: Vec<&'a Value>,
}

prepared!(Append<'_> as Append<'static> => BigInt);

impl QueryFragment<Pg> for Append<'_> {
    fn walk_ast<'b>(&'b self, mut out: AstPass<'_, 'b, Pg>) -> QueryResult<()> {
        out.push_sql(
            "WITH written AS (INSERT INTO outbox (kind, subject, data) SELECT kind, subject, data FROM unnest(",
        );
        out.push_bind_param::<Array<Text>, _>(&self.kinds)?;
        out.push_sql(", ");
        out.push_bind_param::<Array<SqlUuid>, _>(&self.subjects)?;
        out.push_sql(", ");
        out.push_bind_param::<Array<Json>, _>(&self.data)?;
        out.push_sql(
            ") WITH ORDINALITY AS entry (kind, subject, data, number) ORDER BY number RETURNING id) \
             SELECT coalesce(max(id), 0) FROM written",
        );
        Ok(())
    }
}

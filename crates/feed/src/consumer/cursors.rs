//! How far feeds are applied here, and which replica pulls them as its job.

use std::time::Duration;

use diesel::{
    ExpressionMethods as _, OptionalExtension as _, QueryDsl as _, QueryResult,
    dsl::{exists, now},
    sql_types::{BigInt, Text, Uuid as SqlUuid},
};
use diesel_async::{AsyncPgConnection, RunQueryDsl as _};
use uuid::Uuid;

use super::digest::Digest;
use crate::{Entry, MalformedEntry, Position};

diesel::table! {
    feed_cursors (feed) {
        feed -> Text,
        incarnation -> Text,
        row_id -> BigInt,
        digest -> BigInt,
        digest_before -> BigInt,
        holder -> Nullable<Uuid>,
        held_until -> Nullable<Timestamptz>,
    }
}

diesel::table! {
    feed_set_aside (feed, incarnation, row_id) {
        feed -> Text,
        incarnation -> Text,
        row_id -> BigInt,
        kind -> Text,
        subject -> Uuid,
        data -> Json,
        reason -> Text,
    }
}

/// Everything up to here is applied.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Cursor {
    pub(crate) incarnation: String,
    pub(crate) position: Position,
    /// Covers what was applied last.
    pub(crate) digest: Digest,
}

type Row = (String, i64, i64, i64);

const COLUMNS: (
    feed_cursors::incarnation,
    feed_cursors::row_id,
    feed_cursors::digest,
    feed_cursors::digest_before,
) = (feed_cursors::incarnation, feed_cursors::row_id, feed_cursors::digest, feed_cursors::digest_before);

impl From<Row> for Cursor {
    fn from((incarnation, row_id, last, before): Row) -> Self {
        Self { incarnation, position: Position(row_id), digest: Digest { last, before } }
    }
}

/// Where the feed's cursor stands; it is created if there is none.
pub(crate) async fn read(connection: &mut AsyncPgConnection, feed: &str) -> QueryResult<Cursor> {
    let row: Option<Row> =
        feed_cursors::table.find(feed).select(COLUMNS).first(connection).await.optional()?;
    if row.is_none() {
        diesel::insert_into(feed_cursors::table)
            .values(feed_cursors::feed.eq(feed))
            .on_conflict_do_nothing()
            .execute(connection)
            .await?;
    }
    Ok(row.map(Cursor::from).unwrap_or_default())
}

/// The same, locked until the transaction ends.
pub(crate) async fn lock(connection: &mut AsyncPgConnection, feed: &str) -> QueryResult<Cursor> {
    let row: Row = feed_cursors::table.find(feed).select(COLUMNS).for_update().first(connection).await?;
    Ok(row.into())
}

/// Moves the cursor.
pub(crate) async fn advance(connection: &mut AsyncPgConnection, feed: &str, to: &Cursor) -> QueryResult<()> {
    diesel::update(feed_cursors::table.find(feed))
        .set((
            feed_cursors::incarnation.eq(&to.incarnation),
            feed_cursors::row_id.eq(to.position.row_id()),
            feed_cursors::digest.eq(to.digest.last),
            feed_cursors::digest_before.eq(to.digest.before),
        ))
        .execute(connection)
        .await
        .map(drop)
}

/// Keeps an entry that could not be decoded, for a person to inspect.
pub(crate) async fn set_aside(
    connection: &mut AsyncPgConnection,
    feed: &str,
    incarnation: &str,
    entry: &Entry,
    why: &MalformedEntry,
) -> QueryResult<()> {
    diesel::insert_into(feed_set_aside::table)
        .values((
            feed_set_aside::feed.eq(feed),
            feed_set_aside::incarnation.eq(incarnation),
            feed_set_aside::row_id.eq(entry.position.row_id()),
            feed_set_aside::kind.eq(&entry.kind),
            feed_set_aside::subject.eq(entry.subject),
            feed_set_aside::data.eq(&entry.data),
            feed_set_aside::reason.eq(&why.reason),
        ))
        .on_conflict_do_nothing()
        .execute(connection)
        .await
        .map(drop)
}

/// Entries that were set aside in one incarnation stay set aside in the one in which the consumer continues.
pub(crate) async fn keep_set_aside(
    connection: &mut AsyncPgConnection,
    feed: &str,
    from: &str,
    to: &str,
) -> QueryResult<()> {
    diesel::sql_query(
        "UPDATE feed_set_aside AS aside SET incarnation = $3 WHERE feed = $1 AND incarnation = $2 \
         AND NOT EXISTS (SELECT FROM feed_set_aside WHERE feed = $1 AND incarnation = $3 AND row_id = aside.row_id)",
    )
    .bind::<Text, _>(feed)
    .bind::<Text, _>(from)
    .bind::<Text, _>(to)
    .execute(connection)
    .await
    .map(drop)
}

/// Whether another replica has the lease of a feed, by the database's clock. Changes nothing.
pub(crate) async fn is_anothers(
    connection: &mut AsyncPgConnection,
    feed: &str,
    holder: Uuid,
) -> QueryResult<bool> {
    let anothers = feed_cursors::table
        .find(feed)
        .filter(feed_cursors::holder.ne(holder))
        .filter(feed_cursors::held_until.ge(now));
    diesel::select(exists(anothers)).get_result(connection).await
}

/// Acquires or renews the lease of a feed, by the database's clock; `false` if another replica has it.
pub(crate) async fn take_lease(
    connection: &mut AsyncPgConnection,
    feed: &str,
    holder: Uuid,
    lease: Duration,
) -> QueryResult<bool> {
    let taken = diesel::sql_query(
        "INSERT INTO feed_cursors (feed, holder, held_until) \
         VALUES ($1, $2, now() + $3 * interval '1 millisecond') \
         ON CONFLICT (feed) DO UPDATE SET holder = excluded.holder, held_until = excluded.held_until \
         WHERE coalesce(feed_cursors.holder = excluded.holder OR feed_cursors.held_until < now(), true)",
    )
    .bind::<Text, _>(feed)
    .bind::<SqlUuid, _>(holder)
    .bind::<BigInt, _>(i64::try_from(lease.as_millis()).unwrap_or(i64::MAX))
    .execute(connection)
    .await?;
    Ok(taken == 1)
}

/// Releases the lease, if this replica has it.
pub(crate) async fn give_lease(
    connection: &mut AsyncPgConnection,
    feed: &str,
    holder: Uuid,
) -> QueryResult<()> {
    diesel::update(feed_cursors::table.find(feed).filter(feed_cursors::holder.eq(holder)))
        .set(feed_cursors::holder.eq(None::<Uuid>))
        .execute(connection)
        .await
        .map(drop)
}

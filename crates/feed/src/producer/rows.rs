//! What is read from the outbox. A row is shown only once no row before it can still be committed: otherwise a
//! consumer that had already read further would never see that earlier row. `sql/outbox_horizon.sql` explains how
//! this is known; rows are read by a later statement than the horizon.

use booked_postgres::prepared;
use chrono::{DateTime, Utc};
use diesel::{
    OptionalExtension as _, QueryResult,
    pg::Pg,
    query_builder::{AstPass, QueryFragment},
    sql_types::{BigInt, Integer, Json, Nullable, Text, Timestamptz, Uuid as SqlUuid},
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

/// Reads the entries after a position. The head is read first, so that a consumer that has read up to it has read
/// everything that was committed before it asked. The incarnation is read over the same connection as the entries: a
/// server that took over would not have this connection. All rows of a page are of one generation of the archive,
/// which the incarnation names; if none are read, the reason may be that there is a new generation by now, and then
/// everything is read again.
pub(crate) async fn read_page(
    connection: &mut AsyncPgConnection,
    after: Position,
    limit: u32,
) -> QueryResult<Page> {
    let standing = read_standing(connection, after).await?;
    finish_page(connection, after, standing, limit).await
}

async fn finish_page(
    connection: &mut AsyncPgConnection,
    after: Position,
    mut standing: Standing,
    limit: u32,
) -> QueryResult<Page> {
    loop {
        let entries = read_entries(connection, after, &standing, limit).await?;
        if entries.is_empty() {
            let now = read_standing(connection, after).await?;
            if now.generation != standing.generation {
                standing = now;
                continue;
            }
        }
        let Standing { incarnation, head, .. } = standing;
        return Ok(Page { incarnation, head, entries });
    }
}

/// Where the feed stands before rows are read.
pub(crate) struct Standing {
    pub(crate) incarnation: String,
    /// How many times rows were archived.
    pub(crate) generation: i32,
    head: Position,
    horizon: i64,
}

pub(crate) async fn read_standing(
    connection: &mut AsyncPgConnection,
    certain: Position,
) -> QueryResult<Standing> {
    let (incarnation, generation, head, horizon): (String, i32, Option<i64>, i64) =
        ReadStanding { certain }.get_result(connection).await?;
    Ok(Standing { incarnation, generation, head: Position(head.unwrap_or_default()), horizon })
}

/// The entries after a position; none if rows were archived since the feed's standing was read.
pub(crate) async fn read_entries(
    connection: &mut AsyncPgConnection,
    after: Position,
    standing: &Standing,
    limit: u32,
) -> QueryResult<Vec<Entry>> {
    let Standing { generation, horizon, .. } = *standing;
    let rows: Vec<(i64, String, Uuid, Value, DateTime<Utc>)> =
        ReadEntries { after, horizon, generation, limit: limit.into() }.load(connection).await?;
    let entry = |(row_id, kind, subject, data, time)| {
        let position = Position(row_id);
        Entry { position, kind, subject, data, time }
    };
    Ok(rows.into_iter().map(entry).collect())
}

/// The id up to which rows may be shown, and the last id that was assigned. The caller knows that each row up to
/// `certain` is either there or will never appear.
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

/// How many rows had no partition of their month to go to; no more than ten thousand are counted.
pub(crate) async fn count_default_partition(connection: &mut AsyncPgConnection) -> QueryResult<i64> {
    let late = "SELECT count(*) FROM (SELECT FROM outbox_default LIMIT 10000) AS late";
    diesel::select(diesel::dsl::sql::<BigInt>(&format!("({late})"))).get_result(connection).await
}

// Query fragments with ids of their own, since diesel does not keep other hand-written statements prepared.

struct ReadStanding {
    certain: Position,
}

prepared!(ReadStanding => (Text, Integer, Nullable<BigInt>, BigInt));

impl QueryFragment<Pg> for ReadStanding {
    /// The database is part of the incarnation, since one that is created again in the same server starts a new feed.
    /// Every role may read all of this, unless an administrator revoked that. What was archived follows, in the form
    /// that [`Incarnation`](crate::incarnation::Incarnation) parses.
    fn walk_ast<'b>(&'b self, mut out: AstPass<'_, 'b, Pg>) -> QueryResult<()> {
        out.push_sql(
            "SELECT concat_ws('-', (SELECT system_identifier FROM pg_control_system()), \
             (SELECT oid FROM pg_database WHERE datname = current_database()), \
             left(pg_walfile_name(pg_current_wal_lsn()), 8)) \
             || CASE WHEN generation = 0 THEN '' ELSE concat('/', generation, '/', up_to) END, \
             generation, (SELECT id FROM outbox ORDER BY id DESC LIMIT 1), \
             (SELECT horizon FROM outbox_horizon(",
        );
        out.push_bind_param::<BigInt, _>(&self.certain.0)?;
        out.push_sql(")) FROM outbox_archive");
        Ok(())
    }
}

struct ReadHorizon {
    certain: Position,
}

prepared!(ReadHorizon => (BigInt, BigInt));

impl QueryFragment<Pg> for ReadHorizon {
    fn walk_ast<'b>(&'b self, mut out: AstPass<'_, 'b, Pg>) -> QueryResult<()> {
        out.push_sql("SELECT horizon, last FROM outbox_horizon(");
        out.push_bind_param::<BigInt, _>(&self.certain.0)?;
        out.push_sql(")");
        Ok(())
    }
}

/// Restricts to the rows that are shown: those before which no row can still be committed.
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

prepared!(ReadLastShown => BigInt);

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
    generation: i32,
    limit: i64,
}

prepared!(ReadEntries => (BigInt, Text, SqlUuid, Json, Timestamptz));

impl QueryFragment<Pg> for ReadEntries {
    /// The inner limit is a number that the planner knows, so that it reads the index in order instead of sorting.
    /// The generation is compared in the statement that reads, so that it sees rows and checkpoints of only one
    /// generation.
    fn walk_ast<'b>(&'b self, mut out: AstPass<'_, 'b, Pg>) -> QueryResult<()> {
        out.push_sql("SELECT id, kind, subject, data, written_at FROM (SELECT * FROM outbox WHERE id > ");
        out.push_bind_param::<BigInt, _>(&self.after.0)?;
        out.push_sql(" AND ");
        push_shown(&self.horizon, &mut out)?;
        out.push_sql("AND (SELECT generation FROM outbox_archive) = ");
        out.push_bind_param::<Integer, _>(&self.generation)?;
        out.push_sql(" ORDER BY id LIMIT 500) AS page ORDER BY page.id LIMIT ");
        out.push_bind_param::<BigInt, _>(&self.limit)
    }
}

#[cfg(test)]
mod tests {
    use booked_sandbox::{TestDatabase, test_database};
    use diesel_async::{AsyncConnection as _, AsyncPgConnection, SimpleAsyncConnection as _};

    use super::{finish_page, read_entries, read_page, read_standing};
    use crate::{Entry, Position};

    const MIGRATIONS: [&str; 4] = [
        include_str!("../../sql/outbox.sql"),
        include_str!("../../sql/outbox_horizon.sql"),
        include_str!("../../sql/outbox_partitions.sql"),
        include_str!("../../sql/outbox_archive.sql"),
    ];
    const ARCHIVE: &str = "SELECT outbox_archive_before((date_trunc('month', now() AT TIME ZONE 'UTC') - interval '1 month')::date)";

    /// Two facts of one subject, three months old.
    fn outbox() -> TestDatabase {
        let database = test_database("rows", |_| {});
        MIGRATIONS.iter().for_each(|sql| drop(database.execute(sql)));
        let fact = "'booked.ticketing.tickets_booked', '00000000-0000-0000-0000-000000000001', \
             '{\"seats\": [1], \"booked_unix_ms\": 1}', now() - interval '3 months'";
        database.execute(&format!(
            "INSERT INTO outbox (kind, subject, data, written_at) VALUES ({fact}), ({fact});
             SELECT outbox_add_partitions(0)"
        ));
        database
    }

    async fn connect(database: &TestDatabase) -> AsyncPgConnection {
        AsyncPgConnection::establish(&database.url()).await.unwrap()
    }

    fn ids(entries: &[Entry]) -> Vec<i64> {
        entries.iter().map(|entry| entry.position.row_id()).collect()
    }

    #[tokio::test]
    async fn a_page_is_never_of_another_generation_than_its_incarnation() {
        let database = outbox();
        let mut reader = connect(&database).await;
        let standing = read_standing(&mut reader, Position::START).await.unwrap();
        assert_eq!(ids(&read_entries(&mut reader, Position::START, &standing, 10).await.unwrap()), [1, 2]);

        connect(&database).await.batch_execute(ARCHIVE).await.unwrap();

        for after in [0, 1] {
            assert!(read_entries(&mut reader, Position(after), &standing, 10).await.unwrap().is_empty());
        }
        let page = finish_page(&mut reader, Position::START, standing, 10).await.unwrap();
        assert_eq!(ids(&page.entries), [2]);
        assert!(page.incarnation.ends_with("/1/2"), "{}", page.incarnation);
    }

    /// A statement that waits while the partitions are exchanged neither sees the earlier ones without their rows,
    /// nor the later ones as if they were the earlier ones.
    #[tokio::test(flavor = "multi_thread")]
    async fn a_page_that_waits_while_rows_are_archived_is_not_mixed() {
        let database = outbox();
        let mut reader = connect(&database).await;
        let standing = read_standing(&mut reader, Position::START).await.unwrap();
        let mut archiving = connect(&database).await;
        archiving.batch_execute(&format!("BEGIN; {ARCHIVE}")).await.unwrap();
        let read = tokio::spawn(async move {
            let entries = read_entries(&mut reader, Position::START, &standing, 10).await.unwrap();
            (entries, read_page(&mut reader, Position::START, 10).await.unwrap())
        });
        let waiting = "SELECT count(*) FROM pg_stat_activity \
             WHERE wait_event_type = 'Lock' AND datname = current_database()";
        while database.execute(waiting).trim() == "0" {
            tokio::time::sleep(std::time::Duration::from_millis(10)).await;
        }
        archiving.batch_execute("COMMIT").await.unwrap();
        let (entries, page) = read.await.unwrap();
        assert!(entries.is_empty(), "{entries:?}");
        assert_eq!(ids(&page.entries), [2]);
    }
}

//! A database at one moment, read in pages, so that a large table neither fills the memory twice nor exceeds the time
//! limit of a statement.

use std::time::Duration;

use tokio::{task::JoinHandle, time::timeout};
use tokio_postgres::{Client, Row, types::FromSqlOwned};
use uuid::Uuid;

use crate::{Limits, ReadError};

/// Rows that are fetched at once.
const PAGE: usize = 10_000;

/// A read-only transaction that sees one moment. It does not hold back the horizon of a feed, since it never writes.
pub(super) struct Snapshot {
    source_name: &'static str,
    client: Client,
    driver: JoinHandle<()>,
    read_timeout: Duration,
}

impl Snapshot {
    pub(super) async fn open(
        source_name: &'static str,
        url: &str,
        limits: Limits,
    ) -> Result<Self, ReadError> {
        let opened = booked_postgres::open_reader(url, limits.read_timeout).await;
        let (client, driver) =
            opened.map_err(|error| ReadError { source_name, cause: format!("{error:#}") })?;
        let snapshot = Self { source_name, client, driver, read_timeout: limits.read_timeout };
        snapshot.execute("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY").await?;
        Ok(snapshot)
    }

    /// Keeps a table's partitions from being changed. Must be called before the first query, which fixes the moment
    /// that is seen: otherwise rows that were moved to another partition meanwhile would be in neither.
    pub(super) async fn keep_partitions_of(&self, table: &str) -> Result<(), ReadError> {
        self.execute(&format!("LOCK TABLE {table} IN ACCESS SHARE MODE")).await
    }

    /// Passes every row of a query to `take`, which returns what is wrong with a row that it cannot read.
    pub(super) async fn each(
        &mut self,
        query: &str,
        mut take: impl FnMut(&Row) -> Result<(), String>,
    ) -> Result<(), ReadError> {
        self.execute(&format!("DECLARE page NO SCROLL CURSOR FOR {query}")).await?;
        let fetch = format!("FETCH {PAGE} FROM page");
        loop {
            let rows = timeout(self.read_timeout, self.client.query(&fetch, &[])).await;
            let rows =
                rows.map_err(|_| self.failed("no answer in time"))?.map_err(|error| self.refused(error))?;
            for row in &rows {
                take(row).map_err(|cause| self.failed(cause))?;
            }
            if rows.len() < PAGE {
                break;
            }
        }
        self.execute("CLOSE page").await
    }

    async fn execute(&self, statement: &str) -> Result<(), ReadError> {
        let done = timeout(self.read_timeout, self.client.batch_execute(statement)).await;
        done.map_err(|_| self.failed("no answer in time"))?.map_err(|error| self.refused(error))
    }

    /// What the server said is the cause of the error, not its message.
    fn refused(&self, error: tokio_postgres::Error) -> ReadError {
        self.failed(format!("{:#}", anyhow::Error::from(error)))
    }

    fn failed(&self, cause: impl std::fmt::Display) -> ReadError {
        ReadError { source_name: self.source_name, cause: cause.to_string() }
    }
}

impl Drop for Snapshot {
    fn drop(&mut self) {
        self.driver.abort();
    }
}

pub(super) fn column<T: FromSqlOwned>(row: &Row, index: usize) -> Result<T, String> {
    row.try_get(index).map_err(|error| error.to_string())
}

/// A column that was selected as text.
pub(super) fn uuid(row: &Row, index: usize) -> Result<Uuid, String> {
    let text: String = column(row, index)?;
    Uuid::try_parse(&text).map_err(|error| error.to_string())
}

pub(super) fn count(row: &Row, index: usize) -> Result<u32, String> {
    let number: i32 = column(row, index)?;
    u32::try_from(number).map_err(|_| format!("a count of {number}"))
}

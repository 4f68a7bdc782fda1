//! Reads that take long: piece by piece, and all of them of one moment.

use std::time::Duration;

use diesel::QueryResult;
use diesel_async::{AsyncPgConnection, SimpleAsyncConnection as _};

use crate::{
    Database, ReadFailure, Work,
    database::{Lent, NONE_LEFT},
};

/// The database as it was when the first piece was read, whatever is committed meanwhile. It has a connection of the pool,
/// which is closed where this is not ended.
pub struct Moment {
    lent: Lent,
    work: Duration,
}

impl Database {
    /// Begins to read.
    ///
    /// # Errors
    ///
    /// See [`ReadFailure`].
    pub async fn moment(&self) -> Result<Moment, ReadFailure> {
        let lent = self.connection().await.map_err(ReadFailure::Unavailable)?;
        let mut moment = Moment { lent, work: self.work };
        moment.run("BEGIN ISOLATION LEVEL REPEATABLE READ, READ ONLY").await?;
        Ok(moment)
    }
}

impl Moment {
    /// Reads a piece; each has the time of a piece of work. After a failure no other can be read.
    ///
    /// # Errors
    ///
    /// See [`ReadFailure`].
    pub async fn read<T, F>(&mut self, work: F) -> Result<T, ReadFailure>
    where
        for<'c> F: AsyncFnOnce(&'c mut AsyncPgConnection) -> QueryResult<T>
            + Work<&'c mut AsyncPgConnection, QueryResult<T>, Fut: Send>
            + Send,
        T: Send,
    {
        let late = || ReadFailure::Unavailable("no answer in time".to_owned());
        let Some(connection) = &mut self.lent.connection else {
            return Err(ReadFailure::Unavailable(NONE_LEFT.to_owned()));
        };
        let read = tokio::time::timeout(self.work, work(connection)).await;
        read.map_err(|_| late())?.map_err(ReadFailure::of)
    }

    /// Gives the connection back.
    ///
    /// # Errors
    ///
    /// See [`ReadFailure`]; what was read is right all the same.
    pub async fn end(mut self) -> Result<(), ReadFailure> {
        self.run("COMMIT").await?;
        self.lent.give_back();
        Ok(())
    }

    async fn run(&mut self, sql: &'static str) -> Result<(), ReadFailure> {
        self.read(async move |connection| connection.batch_execute(sql).await).await
    }
}

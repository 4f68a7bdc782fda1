//! Long reads: piece by piece, and all pieces from the same moment.

use std::time::Duration;

use booked_failure::Failure;
use diesel::QueryResult;
use diesel_async::{AsyncPgConnection, SimpleAsyncConnection as _};

use crate::{
    Database, Work,
    database::{LATE, NONE_LEFT, PooledConnection},
    failure::{POSTGRES, of_read},
};

/// The database as it was when the first piece was read, whatever is committed meanwhile. It holds a connection of
/// the pool, which is closed if [`Moment::end`] is not called.
pub struct Moment {
    pooled: PooledConnection,
    work: Duration,
}

impl Database {
    /// Starts reading.
    ///
    /// # Errors
    ///
    /// See [`Failure`].
    pub async fn moment(&self) -> Result<Moment, Failure> {
        let pooled = self.connection().await?;
        let mut moment = Moment { pooled, work: self.work };
        moment.run("BEGIN ISOLATION LEVEL REPEATABLE READ, READ ONLY").await?;
        Ok(moment)
    }
}

impl Moment {
    /// Reads a piece; each piece has the time limit of a piece of work. After a failure no other can be read.
    ///
    /// # Errors
    ///
    /// See [`Failure`].
    pub async fn read<T, F>(&mut self, work: F) -> Result<T, Failure>
    where
        for<'c> F: AsyncFnOnce(&'c mut AsyncPgConnection) -> QueryResult<T>
            + Work<&'c mut AsyncPgConnection, QueryResult<T>, Fut: Send>
            + Send,
        T: Send,
    {
        let late = || Failure::not_done(POSTGRES, LATE);
        let Some(connection) = &mut self.pooled.connection else {
            return Err(Failure::not_done(POSTGRES, NONE_LEFT));
        };
        let read = tokio::time::timeout(self.work, work(connection)).await;
        read.map_err(|_| late())?.map_err(|error| of_read(&error))
    }

    /// Returns the connection to the pool.
    ///
    /// # Errors
    ///
    /// See [`Failure`]; what was read is still correct.
    pub async fn end(mut self) -> Result<(), Failure> {
        self.run("COMMIT").await?;
        self.pooled.return_to_pool();
        Ok(())
    }

    async fn run(&mut self, sql: &'static str) -> Result<(), Failure> {
        self.read(async move |connection| connection.batch_execute(sql).await).await
    }
}

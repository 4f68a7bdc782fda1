//! A bounded pool of connections, and work on them within a time limit.

use std::{
    fmt,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use booked_failure::{During, Failure};
use booked_server::Deadline;
use booked_telemetry::database_span;
use deadpool::managed::{Object, Timeouts};
use diesel::{ConnectionError, QueryResult, result::Error};
use diesel_async::{
    AsyncConnection, AsyncPgConnection,
    pooled_connection::{AsyncDieselConnectionManager, ManagerConfig, RecyclingMethod, deadpool::Pool},
};
use futures_util::FutureExt as _;
use tokio::{
    runtime::Handle,
    sync::{OwnedSemaphorePermit, Semaphore},
    time::{Instant, timeout},
};
use tracing::Instrument as _;

use crate::{
    Abort, DatabaseSettings, TransactionError, Work,
    connect::connect,
    failure::{POSTGRES, of_read},
    metrics::{self, Durations},
    watch::Watch,
};

/// The name of the database system in traces.
const SYSTEM: &str = "postgresql";

/// A service's own database. Clones share one pool.
#[derive(Clone)]
pub struct Database {
    pool: Pool<AsyncPgConnection>,
    /// Half of the pool's connections, for work that may not have more.
    half: Arc<Semaphore>,
    is_half: bool,
    wait: Duration,
    pub(crate) work: Duration,
    durations: Durations,
}

pub(crate) const NONE_LEFT: &str = "the connection was returned already";
pub(crate) const LATE: &str = "no answer in time";

pub(crate) type Connection = Object<AsyncDieselConnectionManager<AsyncPgConnection>>;

impl Database {
    /// A pool that opens connections as they are needed, on this runtime: a connection dies with the runtime that
    /// opened it, and the runtimes of HTTP workers come and go.
    ///
    /// # Errors
    ///
    /// If the pool cannot be built.
    pub fn new(settings: &DatabaseSettings, runtime: &Handle) -> anyhow::Result<Self> {
        if settings.is_in_the_clear() {
            tracing::warn!("the way to Postgres is in the clear: DATABASE_URL names no sslmode");
        }
        let mut config = ManagerConfig::default();
        // Asks the client, not the server, whether the connection is still up.
        config.recycling_method = RecyclingMethod::Fast;
        let (postgres, tls, runtime) = (settings.postgres(), settings.tls().cloned(), runtime.clone());
        config.custom_setup = Box::new(move |_| {
            let (postgres, tls) = (postgres.clone(), tls.clone());
            let opened = runtime.spawn(async move { connect(&postgres, tls.as_ref()).await });
            async move { opened.await.map_err(|error| ConnectionError::BadConnection(error.to_string()))? }
                .boxed()
        });
        let pool = Pool::builder(AsyncDieselConnectionManager::new_with_config("", config))
            .max_size(settings.connections)
            .wait_timeout(Some(settings.wait))
            .create_timeout(Some(settings.wait))
            .recycle_timeout(Some(settings.wait))
            .runtime(deadpool::Runtime::Tokio1)
            .build()?;
        let pool_or_none = pool.weak();
        metrics::show(move || pool_or_none.upgrade().map(|pool| pool.status()));
        let half = Arc::new(Semaphore::new((settings.connections / 2).max(1)));
        let (wait, work, durations) = (settings.wait, settings.work, Durations::new());
        Ok(Self { pool, half, is_half: false, wait, work, durations })
    }

    /// The same database for work that may come in excess: everything that goes through this handle together uses at
    /// most half of the connections, so that other work always finds one.
    #[must_use]
    pub fn half(&self) -> Self {
        Self { is_half: true, ..self.clone() }
    }

    /// Reads over one connection, without a transaction around the statements.
    ///
    /// # Errors
    ///
    /// Surely nothing was done, or the database refused to read.
    pub async fn read<T, F>(&self, work: F) -> Result<T, Failure>
    where
        for<'c> F: AsyncFnOnce(&'c mut AsyncPgConnection) -> QueryResult<T>
            + Work<&'c mut AsyncPgConnection, QueryResult<T>, Fut: Send>
            + Send,
        T: Send,
    {
        let mut pooled = self.connection().await?;
        let Some(connection) = &mut pooled.connection else {
            return Err(Failure::not_done(POSTGRES, NONE_LEFT));
        };
        let span = database_span(SYSTEM, "read");
        let began = Instant::now();
        let working = tokio::time::timeout(self.work, work(connection));
        let result = match working.instrument(span.clone()).await {
            Ok(result) => {
                pooled.return_to_pool();
                result.map_err(|error| of_read(&error))
            }
            Err(_) => Err(Failure::not_done(POSTGRES, LATE)),
        };
        if result.is_err() {
            booked_telemetry::failed(&span);
        }
        self.durations.worked("read", result.as_ref().err().map(Failure::kind), began.elapsed());
        result
    }

    /// Runs work in one transaction, which is committed if the work returns `Ok`, and otherwise rolled back. Work
    /// that ignores the failure of a statement is rolled back too, and refused.
    ///
    /// # Errors
    ///
    /// See [`TransactionError`]: it distinguishes what was surely not done from what may have been done.
    pub async fn transaction<T, R, F>(&self, work: F) -> Result<T, TransactionError<R>>
    where
        for<'c> F: AsyncFnOnce(&'c mut AsyncPgConnection) -> Result<T, Abort<R>>
            + Work<&'c mut AsyncPgConnection, Result<T, Abort<R>>, Fut: Send>
            + Send,
        T: Send,
        R: Send,
    {
        self.commit(During::Transaction, work).await
    }

    /// Like [`Database::transaction`], for work that writes one thing: if the database refuses, this counts as a
    /// refused write.
    ///
    /// # Errors
    ///
    /// See [`TransactionError`].
    pub async fn write<T, R, F>(&self, work: F) -> Result<T, TransactionError<R>>
    where
        for<'c> F: AsyncFnOnce(&'c mut AsyncPgConnection) -> Result<T, Abort<R>>
            + Work<&'c mut AsyncPgConnection, Result<T, Abort<R>>, Fut: Send>
            + Send,
        T: Send,
        R: Send,
    {
        self.commit(During::Write, work).await
    }

    async fn commit<T, R, F>(&self, during: During, work: F) -> Result<T, TransactionError<R>>
    where
        for<'c> F: AsyncFnOnce(&'c mut AsyncPgConnection) -> Result<T, Abort<R>>
            + Work<&'c mut AsyncPgConnection, Result<T, Abort<R>>, Fut: Send>
            + Send,
        T: Send,
        R: Send,
    {
        let mut pooled = self.connection().await?;
        let Some(connection) = &mut pooled.connection else {
            return Err(Failure::not_done(POSTGRES, NONE_LEFT).into());
        };
        let commits = Arc::new(AtomicBool::new(false));
        let connection: &mut AsyncPgConnection = connection;
        let watch = Watch::default();
        connection.set_instrumentation(watch.clone());
        let transaction = connection.transaction({
            let commits = Arc::clone(&commits);
            async move |connection: &mut AsyncPgConnection| {
                let done = work(connection).await?;
                if watch.saw_failure() {
                    return Err(Abort::Failed(Error::RollbackTransaction));
                }
                commits.store(true, Ordering::Relaxed);
                Ok(done)
            }
        });
        let span = database_span(SYSTEM, "transaction");
        let began = Instant::now();
        let result = tokio::time::timeout(self.work, transaction).instrument(span.clone()).await;
        let in_commit = commits.load(Ordering::Relaxed);
        if result.is_ok() {
            pooled.return_to_pool();
        }
        let result = match result {
            Ok(Ok(done)) => Ok(done),
            Ok(Err(abort)) if in_commit => Err(TransactionError::in_commit(during, abort)),
            Ok(Err(abort)) => Err(TransactionError::before_commit(during, abort)),
            Err(_) if in_commit => Err(Failure::unknown(POSTGRES, LATE).into()),
            Err(_) => Err(Failure::not_done(POSTGRES, LATE).into()),
        };
        if result.is_err() {
            booked_telemetry::failed(&span);
        }
        let failure = result.as_ref().err().and_then(TransactionError::kind);
        self.durations.worked("transaction", failure, began.elapsed());
        result
    }

    /// A connection, as soon as one is available, but no later than the caller would still wait for the result.
    pub(crate) async fn connection(&self) -> Result<PooledConnection, Failure> {
        let wait = Deadline::wait_at_most(self.wait);
        if wait.is_zero() {
            return Err(Failure::not_done(POSTGRES, "nobody waits for it any more"));
        }
        let began = Instant::now();
        let permit = if self.is_half {
            match timeout(wait, Arc::clone(&self.half).acquire_owned()).await {
                Ok(Ok(permit)) => Some(permit),
                Ok(Err(closed)) => return Err(Failure::not_done(POSTGRES, closed)),
                Err(_) => {
                    return Err(Failure::not_done(
                        POSTGRES,
                        "others of its kind use half of the connections",
                    ));
                }
            }
        } else {
            None
        };
        let wait = wait.saturating_sub(began.elapsed());
        let timeouts = Timeouts { wait: Some(wait), create: Some(self.wait), recycle: Some(self.wait) };
        let connection = self.pool.timeout_get(&timeouts).await;
        self.durations.waited(connection.is_ok(), began.elapsed());
        connection
            .map(|connection| PooledConnection { connection: Some(connection), _permit: permit })
            .map_err(|error| Failure::not_done(POSTGRES, error))
    }
}

/// A connection on loan. It is closed if this is dropped before the work on it has ended, because of a time-out or
/// because the caller has gone: otherwise the next user would wait behind the statement that is still running on it.
pub(crate) struct PooledConnection {
    pub(crate) connection: Option<Connection>,
    _permit: Option<OwnedSemaphorePermit>,
}

impl PooledConnection {
    /// Returns the connection, since the work has ended.
    pub(crate) fn return_to_pool(mut self) {
        self.connection.take();
    }
}

impl Drop for PooledConnection {
    fn drop(&mut self) {
        drop(self.connection.take().map(Object::take));
    }
}

impl fmt::Debug for Database {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Database").field("pool", &self.pool.status()).finish_non_exhaustive()
    }
}

//! What lives as long as the process: jobs that run on a clock, work that must outlive its request, and the signal
//! that the process is about to end.

use std::{
    future::Future,
    sync::{
        Arc, OnceLock,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use booked_telemetry::ServedRequest;
use tokio::runtime::Handle;
use tokio_util::{sync::CancellationToken, task::TaskTracker};

use crate::deadline;

/// A handle on the life of the process; clones share it.
#[derive(Clone, Debug)]
pub struct Lifecycle {
    ending: CancellationToken,
    stopping: CancellationToken,
    failure: Arc<OnceLock<String>>,
    ready: Arc<AtomicBool>,
    tasks: TaskTracker,
    runtime: Handle,
}

impl Lifecycle {
    /// A new life on the current runtime, which must have several threads: what is spawned here keeps running while
    /// HTTP workers, each with a runtime of its own, come and go.
    #[must_use]
    pub fn new() -> Self {
        Self {
            ending: CancellationToken::new(),
            stopping: CancellationToken::new(),
            failure: Arc::default(),
            ready: Arc::default(),
            tasks: TaskTracker::new(),
            runtime: Handle::current(),
        }
    }

    /// Asks the process to end: readiness falls, requests in progress finish, then the jobs are stopped.
    pub fn end(&self) {
        self.ending.cancel();
    }

    /// Asks the process to end as [`Lifecycle::end`] does, because it cannot go on; it then ends with this reason and
    /// a failure. The first reason counts.
    pub fn fail(&self, why: String) {
        // If another reason came first, that one is just as good.
        let _ = self.failure.set(why);
        self.end();
    }

    pub(crate) fn failure(&self) -> Option<&str> {
        self.failure.get().map(String::as_str)
    }

    /// Waits until the process is asked to end.
    pub async fn ended(&self) {
        self.ending.cancelled().await;
    }

    /// Whether the process has started and is not about to end.
    #[must_use]
    pub fn is_ready(&self) -> bool {
        self.ready.load(Ordering::Relaxed) && !self.ending.is_cancelled()
    }

    /// Whether the process was asked to end.
    #[must_use]
    pub fn is_ending(&self) -> bool {
        self.ending.is_cancelled()
    }

    pub(crate) fn set_ready(&self) {
        self.ready.store(true, Ordering::Relaxed);
    }

    /// Runs work to completion even if the request that asked for it goes away: a booking must not stop half-way
    /// because a client hung up.
    ///
    /// # Errors
    ///
    /// [`Interrupted`] if the work panicked or the process ended before the work did.
    pub async fn detach<T: Send + 'static>(
        &self,
        work: impl Future<Output = T> + Send + 'static,
    ) -> Result<T, Interrupted> {
        let request = ServedRequest::current();
        let work = deadline::kept(work);
        let work = async move { request.scope(work).await };
        self.tasks.spawn_on(work, &self.runtime).await.map_err(|_| Interrupted)
    }

    /// Starts a job that runs until it ends on its own or the process stops.
    pub fn spawn_job(&self, job: impl Future<Output = ()> + Send + 'static) {
        let stopping = self.stopping.clone();
        let job = async move {
            tokio::select! {
                () = job => {}
                () = stopping.cancelled() => {}
            }
        };
        self.tasks.spawn_on(job, &self.runtime);
    }

    /// Starts work that ends on its own soon after the process is asked to end ([`Lifecycle::ended`]): unlike a job
    /// it is not stopped but waited for, as detached work is.
    pub fn spawn_drained(&self, work: impl Future<Output = ()> + Send + 'static) {
        self.tasks.spawn_on(work, &self.runtime);
    }

    /// The runtime that jobs and detached work run on.
    #[must_use]
    pub fn runtime(&self) -> &Handle {
        &self.runtime
    }

    /// Stops the jobs and waits for detached work, at most for this time.
    pub(crate) async fn stop(&self, timeout: Duration) {
        self.stopping.cancel();
        self.tasks.close();
        if tokio::time::timeout(timeout, self.tasks.wait()).await.is_err() {
            tracing::warn!(left = self.tasks.len(), "work was still under way when the process ended");
        }
    }
}

impl Default for Lifecycle {
    fn default() -> Self {
        Self::new()
    }
}

/// Detached work did not run to completion.
#[derive(Clone, Copy, Debug, thiserror::Error)]
#[error("the work was interrupted")]
pub struct Interrupted;

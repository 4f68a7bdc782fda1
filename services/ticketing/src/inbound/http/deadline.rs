//! How long a client waits for an answer, whatever hangs: each step has a time-out of its own, but they add up. Who says that
//! they wait for less time is waited with no longer, and nothing is begun for them in their last moments.

use std::{future::Future, time::Duration};

use booked_contract::Code;
use booked_server::{ApiError, Deadline as Ends, Lifecycle};
use tokio::time::timeout;

/// The deadline of every request that changes something.
#[derive(Clone, Debug)]
pub struct Deadline {
    limit: Duration,
    lifecycle: Lifecycle,
}

impl Deadline {
    /// So long from a request's arrival.
    #[must_use]
    pub fn new(limit: Duration, lifecycle: Lifecycle) -> Self {
        Self { limit, lifecycle }
    }

    /// Runs work to its end, even if the request goes away or its time is over: claims and commits must not stop
    /// half-way.
    ///
    /// # Errors
    ///
    /// 504 if it is not done in time, since it may be done later.
    pub(super) async fn detach<T: Send + 'static>(
        &self,
        work: impl Future<Output = T> + Send + 'static,
    ) -> Result<T, ApiError> {
        Ok(self.keep(self.lifecycle.detach(work)).await??)
    }

    /// Runs work that leaves nothing half done if it stops.
    ///
    /// # Errors
    ///
    /// 504 if it is not done in time, since a step of it may have been sent.
    pub(super) async fn keep<T>(&self, work: impl Future<Output = T>) -> Result<T, ApiError> {
        let ends = Ends::within(self.limit);
        let late = |_| ApiError::because(Code::UpstreamTimedOut, &"not done in time");
        timeout(ends.left(), ends.scope(work)).await.map_err(late)
    }
}

//! The event service's feed, asked directly.

use async_trait::async_trait;
use booked_failure::Failure;

/// Where events come from.
#[async_trait]
pub trait EventFeed: Send + Sync {
    /// Applies all that the event service has written before the call. Callers who wait at the same time share one pull.
    ///
    /// # Errors
    ///
    /// [`Failure::NotDone`]: whether there is more cannot be known now.
    async fn pull(&self) -> Result<(), Failure>;
}

//! The event service's feed, asked directly.

use async_trait::async_trait;

/// Where events come from.
#[async_trait]
pub trait EventFeed: Send + Sync {
    /// Applies all that the event service has written before the call. Callers who wait at the same time share one pull.
    ///
    /// # Errors
    ///
    /// [`FeedAway`]: whether there is more cannot be known now.
    async fn pull(&self) -> Result<(), FeedAway>;
}

/// The event service, or the own database, does not answer.
#[derive(Clone, Debug, thiserror::Error)]
#[error("the feed of events is away: {0}")]
pub struct FeedAway(pub String);

//! Changes of events that came with the feed and are not carried out yet.

use std::time::Duration;

use async_trait::async_trait;
use booked_failure::Failure;
use booked_ids::EventId;

/// What waits for its turn at an event that is being sold.
#[async_trait]
pub trait EventChanges: Send + Sync {
    /// At most this many events of which a change has been noted for so long, the one that has waited longest first.
    async fn noted(&self, waited: Duration, limit: u32) -> Result<Vec<EventId>, Failure>;

    /// Carries out the newest change that is noted of an event, if there is one: when this returns, what was noted before it
    /// was called is so. It waits for the event's bookings, but not for long.
    async fn carry_out(&self, event: EventId) -> Result<(), Failure>;

    /// How long the oldest change has waited.
    async fn oldest(&self) -> Result<Duration, Failure>;
}

//! What the use cases need of the world.

use async_trait::async_trait;
use booked_failure::Failure;
use booked_ids::EventId;
use chrono::{DateTime, Utc};

use crate::domain::{ChangeRefused, Event, EventChange, FullSecond, Listing};

/// Keeps events. Each call is atomic by itself, and what it changes is told to the other services by the feed, in the
/// same transaction.
#[async_trait]
pub trait EventStore: Send + Sync {
    /// Adds an event.
    ///
    /// # Errors
    ///
    /// Its second is full, or the store fails.
    async fn add(&self, event: &Event, now: DateTime<Utc>) -> Result<FeedPosition, AddError>;

    /// Changes an event, locked so that two changes come one after the other.
    ///
    /// # Errors
    ///
    /// There is no such event, it does not bear the change, or the store fails.
    async fn change(&self, id: EventId, change: EventChange) -> Result<Changed, ChangeError>;

    /// Deletes an event.
    ///
    /// # Errors
    ///
    /// There is no such event, or the store fails.
    async fn delete(&self, id: EventId, now: DateTime<Utc>) -> Result<FeedPosition, DeleteError>;

    /// The event with this id, unless it is deleted.
    ///
    /// # Errors
    ///
    /// The store fails.
    async fn find(&self, id: EventId) -> Result<Option<Event>, Failure>;

    /// The events of a listing by time, then id, with all that share the last one's second.
    ///
    /// # Errors
    ///
    /// The store fails.
    async fn list(&self, listing: Listing) -> Result<Vec<Event>, Failure>;
}

/// The service that sells the seats.
#[async_trait]
pub trait Ticketing: Send + Sync {
    /// Has it apply the feed up to here, where this event was changed. At best: the feed reaches it anyway.
    async fn catch_up(&self, to: FeedPosition, event: EventId);

    /// How many seats of each event are sold or held now, in the order of the question; `None` for events that it does
    /// not know.
    ///
    /// # Errors
    ///
    /// It cannot be known.
    async fn occupied(&self, events: &[EventId]) -> Result<Vec<Option<u32>>, Failure>;
}

/// Where a change stands in this service's feed, as the feed writes it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FeedPosition(pub String);

/// What a change did.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Changed {
    /// Everything was so already.
    Nothing,
    /// The event has changed, and the feed tells it at this position.
    Told(FeedPosition),
}

/// Why an event was not added.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum AddError {
    /// It would be one event too many at its second.
    #[error(transparent)]
    FullSecond(#[from] FullSecond),
    /// The store failed.
    #[error(transparent)]
    Failed(#[from] Failure),
}

/// Why an event has not changed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ChangeError {
    /// No event has this id.
    #[error("no such event")]
    NoSuchEvent,
    /// The event does not bear it.
    #[error(transparent)]
    Refused(#[from] ChangeRefused),
    /// The store failed.
    #[error(transparent)]
    Failed(#[from] Failure),
}

/// Why an event is not deleted.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum DeleteError {
    /// No event has this id.
    #[error("no such event")]
    NoSuchEvent,
    /// The store failed.
    #[error(transparent)]
    Failed(#[from] Failure),
}

impl From<FullSecond> for ChangeError {
    fn from(full: FullSecond) -> Self {
        Self::Refused(ChangeRefused::FullSecond(full))
    }
}

//! What the use cases need of the world.

use async_trait::async_trait;
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
    async fn add(&self, event: &Event, now: DateTime<Utc>) -> Result<FeedPosition, AddFailure>;

    /// Changes an event, locked so that two changes come one after the other.
    ///
    /// # Errors
    ///
    /// There is no such event, it does not bear the change, or the store fails.
    async fn change(&self, id: EventId, change: EventChange) -> Result<Changed, ChangeFailure>;

    /// Deletes an event.
    ///
    /// # Errors
    ///
    /// There is no such event, or the store fails.
    async fn delete(&self, id: EventId, now: DateTime<Utc>) -> Result<FeedPosition, DeleteFailure>;

    /// The event with this id, unless it is deleted.
    ///
    /// # Errors
    ///
    /// The store fails.
    async fn find(&self, id: EventId) -> Result<Option<Event>, StoreFailure>;

    /// The events of a listing by time, then id, with all that share the last one's second.
    ///
    /// # Errors
    ///
    /// The store fails.
    async fn list(&self, listing: Listing) -> Result<Vec<Event>, StoreFailure>;
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
    async fn occupied(&self, events: &[EventId]) -> Result<Vec<Option<u32>>, TicketingAway>;
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

/// The store failed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum StoreFailure {
    /// Nothing was done: it cannot be reached, or has no capacity.
    #[error("the store is not available: {0}")]
    Unavailable(String),
    /// Reading failed.
    #[error("reading failed: {0}")]
    NotRead(String),
    /// Writing failed; nothing was done.
    #[error("writing failed: {0}")]
    NotWritten(String),
    /// Nobody knows whether it was done.
    #[error("the outcome is unknown: {0}")]
    Unknown(String),
}

/// Why an event was not added.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum AddFailure {
    /// It would be one event too many at its second.
    #[error(transparent)]
    FullSecond(FullSecond),
    /// The store failed.
    #[error(transparent)]
    Store(StoreFailure),
}

/// Why an event has not changed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ChangeFailure {
    /// No event has this id.
    #[error("no such event")]
    NoSuchEvent,
    /// The event does not bear it.
    #[error(transparent)]
    Refused(ChangeRefused),
    /// The store failed.
    #[error(transparent)]
    Store(StoreFailure),
}

/// Why an event is not deleted.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum DeleteFailure {
    /// No event has this id.
    #[error("no such event")]
    NoSuchEvent,
    /// The store failed.
    #[error(transparent)]
    Store(StoreFailure),
}

/// Ticketing gave no answer that can be used.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("ticketing is not available: {0}")]
pub struct TicketingAway(pub String);

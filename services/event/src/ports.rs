//! What the use cases need from outside.

use async_trait::async_trait;
use booked_failure::Failure;
use booked_idempotency::RequestKey;
use booked_ids::EventId;
use chrono::{DateTime, Utc};

use crate::domain::{Cancellation, ChangeRefused, Event, EventChange, FullSecond, Listing};

/// Stores events. Each call is atomic on its own, and in the same transaction writes what it changes to the feed for other
/// services, and keeps the request's key, if it has one, with what was stored: if a request with this key came first, nothing is
/// done ([`Failure::Repeated`]).
#[async_trait]
pub trait EventStore: Send + Sync {
    /// # Errors
    ///
    /// The event's second is full, or the store fails.
    async fn add(
        &self,
        event: &Event,
        now: DateTime<Utc>,
        key: Option<RequestKey>,
    ) -> Result<Stored, AddError>;

    /// Changes an event, under a lock, so that two changes are made one after the other.
    ///
    /// # Errors
    ///
    /// There is no such event, the change is not allowed, or the store fails.
    async fn change(
        &self,
        id: EventId,
        change: EventChange,
        key: Option<RequestKey>,
    ) -> Result<Stored, ChangeError>;

    /// Cancels an event; the first cancellation stays. It is written to the feed again if it was cancelled before.
    ///
    /// # Errors
    ///
    /// There is no such event, or the store fails.
    async fn cancel(
        &self,
        id: EventId,
        cancellation: Cancellation,
        key: Option<RequestKey>,
    ) -> Result<Stored, CancelError>;

    /// # Errors
    ///
    /// There is no such event, or the store fails.
    async fn delete(
        &self,
        id: EventId,
        now: DateTime<Utc>,
        key: Option<RequestKey>,
    ) -> Result<Stored, DeleteError>;

    /// The event with this id, unless it is deleted.
    ///
    /// # Errors
    ///
    /// The store fails.
    async fn find(&self, id: EventId) -> Result<Option<Event>, Failure>;

    /// The events of a listing, by time, then id. All events of the last one's second are included, even beyond the
    /// limit. Their status is that of `now`.
    ///
    /// # Errors
    ///
    /// The store fails.
    async fn list(&self, listing: Listing, now: DateTime<Utc>) -> Result<Vec<Event>, Failure>;
}

#[async_trait]
pub trait Ticketing: Send + Sync {
    /// Asks ticketing to apply the feed up to this position, where this event was changed. If the call fails, nothing
    /// is lost, because ticketing's own reading of the feed gets there later.
    async fn catch_up(&self, to: FeedPosition, event: EventId);

    /// The same, for a change that is promised to be in effect once it is answered.
    ///
    /// # Errors
    ///
    /// Ticketing did not say in time that it did so; it gets there later.
    async fn confirm(&self, to: FeedPosition, event: EventId) -> Result<(), Failure>;

    /// How many seats of each event are sold or held now, in the order of `events`; `None` for events that ticketing
    /// does not know.
    ///
    /// # Errors
    ///
    /// Ticketing cannot tell at present.
    async fn occupied(&self, events: &[EventId]) -> Result<Vec<Option<u32>>, Failure>;
}

/// The position of a change in this service's feed, as text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FeedPosition(pub String);

/// A change that is stored.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Stored {
    pub event: EventId,
    /// Where the feed says so; none if the event had this state already.
    pub position: Option<FeedPosition>,
    /// Whether it is promised to be in effect once it is answered.
    pub is_promised: bool,
}

/// Why an event was not added.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum AddError {
    #[error(transparent)]
    FullSecond(#[from] FullSecond),
    #[error(transparent)]
    Failed(#[from] Failure),
}

/// Why an event was not changed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ChangeError {
    #[error("no such event")]
    NoSuchEvent,
    #[error(transparent)]
    Refused(#[from] ChangeRefused),
    #[error(transparent)]
    Failed(#[from] Failure),
}

/// Why an event was not cancelled.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CancelError {
    /// No event has this id.
    #[error("no such event")]
    NoSuchEvent,
    #[error(transparent)]
    Failed(#[from] Failure),
}

/// Why an event was not deleted.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum DeleteError {
    #[error("no such event")]
    NoSuchEvent,
    #[error(transparent)]
    Failed(#[from] Failure),
}

impl From<FullSecond> for ChangeError {
    fn from(full: FullSecond) -> Self {
        Self::Refused(ChangeRefused::FullSecond(full))
    }
}

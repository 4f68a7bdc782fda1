//! Events, as far as ticketing keeps them in Postgres.

use async_trait::async_trait;
use booked_failure::Failure;
use booked_ids::{EventId, SeatNumber};

use crate::domain::terms::Terms;

/// What is on sale, what was deleted, and what is left of it.
#[async_trait]
pub trait Events: Send + Sync {
    /// A live event.
    async fn event(&self, event: EventId) -> Result<Option<EventRecord>, Failure>;

    /// What an inventory is loaded from, at one moment; none for an event that is unknown or deleted.
    async fn snapshot(&self, event: EventId) -> Result<Option<Snapshot>, Failure>;

    /// At most this many live events after the given one, in the order of ids.
    async fn live_events(&self, after: Option<EventId>, limit: u32) -> Result<Vec<EventRecord>, Failure>;

    /// At most this many deleted events after the given one, in the order of ids, whether something of them is left or not.
    async fn deleted_events(&self, after: Option<EventId>, limit: u32) -> Result<Vec<EventId>, Failure>;

    /// At most this many deleted events of which something is left.
    async fn events_to_purge(&self, limit: u32) -> Result<Vec<EventId>, Failure>;

    /// Those of the events that are known here, deleted ones among them.
    async fn known_among(&self, events: &[EventId]) -> Result<Vec<EventId>, Failure>;

    /// Those of the events that are deleted, whether something of them is left or not.
    async fn deleted_among(&self, events: &[EventId]) -> Result<Vec<EventId>, Failure>;

    /// Removes at most this many rows of a deleted event, and says whether nothing is left.
    async fn purge(&self, event: EventId, rows_max: u32) -> Result<bool, Failure>;
}

/// An event as far as ticketing needs it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct EventRecord {
    /// Which.
    pub id: EventId,
    /// How many seats it has.
    pub capacity: u32,
    /// The terms of its sale.
    pub terms: Terms,
}

impl EventRecord {
    /// An event that sells at once, to everybody, without an end.
    #[must_use]
    pub fn new(id: EventId, capacity: u32) -> Self {
        Self { id, capacity, terms: Terms::default() }
    }
}

/// An event's seats at one moment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Snapshot {
    /// The event.
    pub event: EventRecord,
    /// Which are sold.
    pub sold: Vec<SeatNumber>,
}

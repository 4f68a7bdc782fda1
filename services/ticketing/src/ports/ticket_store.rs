//! Tickets and bookings, as Postgres keeps them: the only authority on who owns a seat.

use std::collections::HashMap;

use async_trait::async_trait;
use booked_ids::{EventId, SeatNumber, TicketId, UserId};

use crate::domain::{booking::Tickets, seat::AttemptId};

/// Who owns what. Every writing operation is one transaction, outbox rows included.
#[async_trait]
pub trait TicketStore: Send + Sync {
    /// The owners of those of the tickets that are sold.
    async fn owners(&self, tickets: &[TicketId]) -> Result<HashMap<TicketId, UserId>, StoreFailure>;

    /// Books all tickets for the user under the attempt's id, or none. Bookings that wait at the same moment share a
    /// transaction.
    async fn book(&self, attempt: AttemptId, user: UserId, tickets: &Tickets)
    -> Result<Booked, StoreFailure>;

    /// Whether all these tickets are the user's, told from a commit of its own: what a read shows may be on no standby yet,
    /// where a commit was cut short while it waited for them, and this waits as a booking does.
    async fn confirm(&self, user: UserId, tickets: &[TicketId]) -> Result<bool, StoreFailure>;

    /// Settles for good what became of a booking's attempt: what is not booked is void from now on, however late its own
    /// transaction may come.
    async fn void_unless_booked(&self, attempt: AttemptId) -> Result<AttemptOutcome, StoreFailure>;

    /// The user's latest tickets of an event, at most this many.
    async fn latest(&self, user: UserId, event: EventId, count: u32) -> Result<Latest, StoreFailure>;

    /// Cancels exactly these tickets, if they are still the user's latest.
    async fn cancel(
        &self,
        user: UserId,
        event: EventId,
        seats: &[SeatNumber],
    ) -> Result<Cancelled, StoreFailure>;

    /// Those of the seats that are sold.
    async fn sold_among(&self, event: EventId, seats: &[SeatNumber])
    -> Result<Vec<SeatNumber>, StoreFailure>;

    /// The sold ones among `count` seats from `first` on.
    async fn sold(
        &self,
        event: EventId,
        first: SeatNumber,
        count: u32,
    ) -> Result<Vec<SeatNumber>, StoreFailure>;

    /// How many seats of each event are sold; none for an event that is unknown or deleted.
    async fn sold_counts(&self, events: &[EventId]) -> Result<Vec<Option<u32>>, StoreFailure>;

    /// A live event.
    async fn event(&self, event: EventId) -> Result<Option<EventRecord>, StoreFailure>;

    /// What an inventory is loaded again from, at one moment; none for an event that is unknown or deleted.
    async fn snapshot(&self, event: EventId) -> Result<Option<Snapshot>, StoreFailure>;

    /// At most this many live events after the given one, in the order of ids.
    async fn live_events(&self, after: Option<EventId>, limit: u32)
    -> Result<Vec<EventRecord>, StoreFailure>;

    /// At most this many deleted events of which something is left.
    async fn events_to_purge(&self, limit: u32) -> Result<Vec<EventId>, StoreFailure>;

    /// Those of the events that are known here, deleted ones among them.
    async fn known_among(&self, events: &[EventId]) -> Result<Vec<EventId>, StoreFailure>;

    /// Those of the events that are deleted, whether something of them is left or not.
    async fn deleted_among(&self, events: &[EventId]) -> Result<Vec<EventId>, StoreFailure>;

    /// At most this many deleted events after the given one, in the order of ids, whether something of them is left or not.
    async fn deleted_events(&self, after: Option<EventId>, limit: u32) -> Result<Vec<EventId>, StoreFailure>;

    /// Removes at most this many rows of a deleted event, and says whether nothing is left.
    async fn purge(&self, event: EventId, rows_max: u32) -> Result<bool, StoreFailure>;
}

/// What came of a booking.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Booked {
    /// All tickets are the user's, for good.
    Done,
    /// Some are sold already, to these users; nothing was booked.
    Sold(HashMap<TicketId, UserId>),
    /// An event is unknown or deleted, or has no such seat; nothing was booked.
    NotForSale,
    /// The attempt was void before it came; nothing was booked.
    Void,
}

/// What became of a booking's attempt.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AttemptOutcome {
    /// It is in the books.
    Booked,
    /// It never will be.
    Void,
}

/// A user's latest tickets of an event.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Latest {
    /// The latest first.
    pub seats: Vec<SeatNumber>,
    /// Whether the user has any at all.
    pub any: bool,
}

/// What came of a cancel.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Cancelled {
    /// These tickets are the user's no more.
    Done,
    /// They were no longer the user's latest; nothing was cancelled.
    Changed,
    /// Another cancel of the user and event is under way; nothing was cancelled.
    Contended,
}

/// An event as far as ticketing needs it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct EventRecord {
    /// Which.
    pub id: EventId,
    /// How many seats it has.
    pub capacity: u32,
}

/// An event's seats at one moment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Snapshot {
    /// How many there are.
    pub capacity: u32,
    /// Which are sold.
    pub sold: Vec<SeatNumber>,
}

/// Postgres did not do what was asked.
#[derive(Clone, Debug, thiserror::Error)]
pub enum StoreFailure {
    /// It surely did nothing: it cannot be reached, has no connection to give, or too much waits for it.
    #[error("Postgres is not available: {0}")]
    Unavailable(String),
    /// It surely did nothing: it refused.
    #[error("Postgres refused: {0}")]
    Refused(String),
    /// The commit was sent and not answered: it may have been done.
    #[error("the outcome is unknown: {0}")]
    Unknown(String),
}

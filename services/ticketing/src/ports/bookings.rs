//! Bookings and their tickets, as Postgres keeps them: the only authority on who owns a seat.

use std::collections::HashMap;

use async_trait::async_trait;
use booked_failure::Failure;
use booked_idempotency::RequestKey;
use booked_ids::{EventId, SeatNumber, TicketId, UserId};

use crate::domain::{booking::Tickets, seat::AttemptId};

/// Who owns what. Every writing operation is one transaction, outbox rows included, and the key of the request for which it is done:
/// if a request with this key came first, nothing is done ([`Failure::Repeated`]).
#[async_trait]
pub trait Bookings: Send + Sync {
    /// The owners of those of the tickets that are sold.
    async fn owners(&self, tickets: &[TicketId]) -> Result<HashMap<TicketId, UserId>, Failure>;

    /// Books all tickets for the user under the attempt's id, or none. Bookings that wait at the same moment share a
    /// transaction.
    async fn book(
        &self,
        attempt: AttemptId,
        user: UserId,
        tickets: &Tickets,
        key: Option<RequestKey>,
    ) -> Result<Booked, Failure>;

    /// Whether all these tickets are the user's, as a commit of its own shows: what a read shows may be on no standby yet, if a
    /// commit was cut short while it waited for them, and this waits as a booking does.
    async fn confirm(
        &self,
        user: UserId,
        tickets: &[TicketId],
        key: Option<RequestKey>,
    ) -> Result<bool, Failure>;

    /// Settles permanently what became of a booking's attempt: what is not booked is void from now on, however late its own
    /// transaction may come.
    async fn void_unless_booked(&self, attempt: AttemptId) -> Result<AttemptOutcome, Failure>;

    /// The user's latest tickets of an event, at most this many.
    async fn latest(&self, user: UserId, event: EventId, count: u32) -> Result<Latest, Failure>;

    /// Whether all these tickets are the user's, and of events that are not deleted.
    async fn has_all(&self, user: UserId, tickets: &Tickets) -> Result<bool, Failure>;

    /// Cancels exactly these tickets of the user, or none: all of them in one transaction.
    async fn cancel(
        &self,
        user: UserId,
        tickets: &Tickets,
        selection: Selection,
        key: Option<RequestKey>,
    ) -> Result<Cancelled, Failure>;

    /// Those of the seats that are sold.
    async fn sold_among(&self, event: EventId, seats: &[SeatNumber]) -> Result<Vec<SeatNumber>, Failure>;

    /// The sold ones among `count` seats from `first` on.
    async fn sold(&self, event: EventId, first: SeatNumber, count: u32) -> Result<Vec<SeatNumber>, Failure>;

    /// How many seats of each event are sold; none for an event that is unknown or deleted.
    async fn sold_counts(&self, events: &[EventId]) -> Result<Vec<Option<u32>>, Failure>;
}

/// What came of a booking.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Booked {
    /// All tickets are the user's, permanently.
    Done,
    /// Some are sold already, to these users; nothing was booked.
    Sold(HashMap<TicketId, UserId>),
    /// An event is unknown or deleted, or has no such seat; nothing was booked.
    NotForSale,
    /// An event was cancelled; nothing was booked.
    EventCancelled,
    /// The user would have more tickets of an event than one buyer may; nothing was booked.
    OverLimit,
    /// An event has a limit for each buyer, and another booking of this one is under way; nothing was booked.
    Contended,
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

/// Why these tickets are cancelled and no others.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Selection {
    /// They are the user's latest of one event; they are cancelled only if they still are.
    Latest,
    /// The user has named them; they may be of several events.
    Chosen,
}

/// What came of a cancel.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Cancelled {
    /// These tickets are the user's no more.
    Done,
    /// They were no longer the user's, or no longer the latest; nothing was cancelled.
    Changed,
    /// Another cancel of the user is under way; nothing was cancelled.
    Contended,
}

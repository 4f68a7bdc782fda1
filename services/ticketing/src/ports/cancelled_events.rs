//! Cancelled events of which not everybody was told yet, as Postgres keeps them.

use std::time::Duration;

use async_trait::async_trait;
use booked_failure::Failure;
use booked_ids::{EventId, UserId};
use uuid::Uuid;

/// Whom to tell that an event was cancelled. A user is noted once an event, whoever notes them and however often.
#[async_trait]
pub trait CancelledEvents: Send + Sync {
    /// At most this many cancelled events that somebody waits for, the one first that was cancelled first.
    async fn awaited(&self, limit: u32) -> Result<Vec<EventId>, Failure>;

    /// At most this many cancelled events of which somebody who has tickets may not have been told, in the same order.
    async fn owned(&self, limit: u32) -> Result<Vec<EventId>, Failure>;

    /// Ends the first entries of an event's waitlist, at most this many, and notes in the same transaction that their users are
    /// to be notified. Says how many; 0 also if another replica is at it.
    async fn notify_waiting(&self, event: EventId, limit: u32) -> Result<u32, Failure>;

    /// Who has the next tickets of an event, at most this many tickets; none if everybody was told.
    async fn next_owners(&self, event: EventId, tickets: u32) -> Result<Option<Owners>, Failure>;

    /// Notes in one transaction that these of the owners are to be notified, at these addresses, and that all of them were dealt
    /// with. Says whether this replica goes on with the event: there are more, and no other replica has been faster.
    async fn notify_owners(&self, owners: &Owners, addresses: Vec<(UserId, String)>)
    -> Result<bool, Failure>;

    /// How long the event that was cancelled first has been waiting until everybody is told.
    async fn oldest(&self) -> Result<Duration, Failure>;
}

/// The users who have the next tickets of a cancelled event.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Owners {
    /// The event.
    pub event: EventId,
    /// After which ticket.
    pub after: Uuid,
    /// Up to which ticket; none if there are no further ones.
    pub through: Option<Uuid>,
    /// Each of them once.
    pub users: Vec<UserId>,
}

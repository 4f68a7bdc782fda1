//! The waitlist and the messages to those who were told, as Postgres keeps them.

use std::{sync::Arc, time::Duration};

use async_trait::async_trait;
use booked_ids::{EventId, UserId};
use uuid::Uuid;

use super::{Message, SeatPool, StoreFailure};
use crate::domain::count::SeatsWanted;

/// Who waits for what, in order.
#[async_trait]
pub trait WaitlistStore: Send + Sync {
    /// Puts a user at the end of an event's list: locks the list, and where it is empty asks the pool, since the first entry
    /// sets what has been seen of the sale. Where the pool does not answer, all that is free later counts.
    async fn join(
        &self,
        user: UserId,
        email: &str,
        event: EventId,
        wanted: SeatsWanted,
        pool: Arc<dyn SeatPool>,
    ) -> Result<Joined, StoreFailure>;

    /// At most this many events that somebody waits for, after the given one.
    async fn awaited_events(&self, after: Option<EventId>, limit: u32) -> Result<Vec<EventId>, StoreFailure>;

    /// Tells the first of an event's list of the seats that came free: locks the list, asks the pool, and stores in one
    /// transaction what was seen, whose wait has ended, and what is to be sent. Says how many were told.
    async fn tell(&self, event: EventId, pool: Arc<dyn SeatPool>) -> Result<u32, StoreFailure>;

    /// The messages to be sent now, in order, at most this many. One replica at a time gets any, for a while.
    async fn take_messages(&self, holder: Uuid, limit: u32) -> Result<Vec<Message>, StoreFailure>;

    /// Lets another replica have the messages at once, where they were this holder's.
    async fn leave_messages(&self, holder: Uuid) -> Result<(), StoreFailure>;

    /// Notes that a message was sent, or never can be.
    async fn message_done(&self, message: Uuid, sent: bool) -> Result<(), StoreFailure>;

    /// What is left to do, for whoever watches.
    async fn backlog(&self) -> Result<Backlog, StoreFailure>;
}

/// Who waits, and what was not sent yet.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Backlog {
    /// Entries of all waitlists.
    pub entries: u64,
    /// Messages that are to be sent.
    pub messages: u64,
    /// How long the oldest of them has waited.
    pub oldest_message: Duration,
}

/// What came of joining.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Joined {
    /// At the end of the list.
    Done,
    /// The user waits for this event already.
    AlreadyWaiting,
    /// The event is unknown or deleted.
    NoSuchEvent,
}

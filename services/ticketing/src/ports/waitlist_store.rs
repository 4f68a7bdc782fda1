//! The waitlist and the notifications that are to be delivered, as Postgres keeps them.

use std::{sync::Arc, time::Duration};

use async_trait::async_trait;
use booked_failure::Failure;
use booked_idempotency::RequestKey;
use booked_ids::{EventId, UserId};
use uuid::Uuid;

use super::{Inventory, Notification};
use crate::domain::{count::SeatsWanted, waitlist::Watermark};

/// Who waits for what, in order.
#[async_trait]
pub trait WaitlistStore: Send + Sync {
    /// Whether the user stands on the list of an event that is there. Locks nothing.
    async fn is_waiting(&self, user: UserId, event: EventId) -> Result<bool, Failure>;

    /// Puts a user at the end of an event's list: locks the list, unless another call has it, and if it is empty asks the
    /// inventory, since the first entry
    /// sets what has been seen of the sale. If the inventory does not answer, all that is free later counts.
    async fn join(
        &self,
        user: UserId,
        email: &str,
        event: EventId,
        wanted: SeatsWanted,
        inventory: Arc<dyn Inventory>,
        key: Option<RequestKey>,
    ) -> Result<Joined, Failure>;

    /// At most this many events that somebody waits for, after the given one, with what was seen of their sale.
    async fn awaited_events(
        &self,
        after: Option<EventId>,
        limit: u32,
    ) -> Result<Vec<(EventId, Option<Watermark>)>, Failure>;

    /// Tells the first of an event's list of the seats that came free: locks the list, asks the inventory, and stores in one
    /// transaction what was seen, whose wait has ended, and what is to be sent. Says how many were notified.
    async fn notify(&self, event: EventId, inventory: Arc<dyn Inventory>) -> Result<u32, Failure>;

    /// The notifications that are due, in order, at most this many. One replica at a time gets any, for a while.
    async fn lease_notifications(&self, holder: Uuid, limit: u32) -> Result<Vec<DueNotification>, Failure>;

    /// Lets another replica have the notifications at once, if they were this holder's.
    async fn release_notifications(&self, holder: Uuid) -> Result<(), Failure>;

    /// Notes that a notification was sent, or is given up; what was noted before stays.
    async fn mark_delivered(&self, message: Uuid, sent: bool) -> Result<(), Failure>;

    /// Notes a try that failed; the next one is due after this pause.
    async fn postpone_notification(&self, message: Uuid, pause: Duration) -> Result<(), Failure>;

    /// How many wait for seats of the event.
    async fn count(&self, event: EventId) -> Result<WaitingCount, Failure>;

    /// What is left to do, for metrics.
    async fn backlog(&self) -> Result<Backlog, Failure>;
}

/// A notification that is to be sent now.
#[derive(Clone, PartialEq, Eq)]
pub struct DueNotification {
    /// What is to be sent.
    pub message: Notification,
    /// How often that failed.
    pub tries: u32,
    /// How long ago it was written.
    pub age: Duration,
}

/// Who waits, and what was not sent yet.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Backlog {
    /// Entries of all waitlists.
    pub entries: u64,
    /// Notifications that are to be sent.
    pub notifications: u64,
    /// For how long the one that waits longest has been due: one that failed is not due before its next try.
    pub most_overdue: Duration,
}

/// How many wait for seats of one event.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct WaitingCount {
    /// Users on the list.
    pub entries: u64,
    /// What they want together.
    pub tickets: u64,
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
    /// The event was cancelled.
    EventCancelled,
    /// Somebody changes the list just now; nothing was done.
    Contended,
}

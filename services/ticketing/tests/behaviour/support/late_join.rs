//! A waitlist that somebody joins late: the process stops just before it.

use std::{sync::Arc, time::Duration};

use async_trait::async_trait;
use booked_failure::Failure;
use booked_idempotency::RequestKey;
use booked_ids::{EventId, UserId};
use booked_ticketing::{
    domain::{count::SeatsWanted, waitlist::Watermark},
    ports::{Backlog, DueNotification, Inventory, Joined, WaitingCount, WaitlistStore},
};
use tokio::sync::Semaphore;
use uuid::Uuid;

/// Who joins with this address stops here.
pub(crate) struct LateJoin {
    email: String,
    reached: Semaphore,
    go_on: Semaphore,
}

impl LateJoin {
    pub(crate) fn of(email: &str) -> Arc<Self> {
        let (reached, go_on) = (Semaphore::new(0), Semaphore::new(0));
        Arc::new(Self { email: email.to_owned(), reached, go_on })
    }

    /// Waits until the process stands before the join.
    pub(crate) async fn reached(&self) {
        self.reached.acquire().await.unwrap().forget();
    }

    pub(crate) fn go_on(&self) {
        self.go_on.add_permits(1);
    }
}

/// A waitlist with such a stop before it.
pub(crate) struct WithLateJoin {
    pub(crate) inner: Arc<dyn WaitlistStore>,
    pub(crate) late: Arc<LateJoin>,
}

#[async_trait]
impl WaitlistStore for WithLateJoin {
    async fn is_waiting(&self, user: UserId, event: EventId) -> Result<bool, Failure> {
        self.inner.is_waiting(user, event).await
    }

    async fn join(
        &self,
        user: UserId,
        email: &str,
        event: EventId,
        wanted: SeatsWanted,
        inventory: Arc<dyn Inventory>,
        key: Option<RequestKey>,
    ) -> Result<Joined, Failure> {
        if email == self.late.email {
            self.late.reached.add_permits(1);
            self.late.go_on.acquire().await.unwrap().forget();
        }
        self.inner.join(user, email, event, wanted, inventory, key).await
    }

    async fn awaited_events(
        &self,
        after: Option<EventId>,
        limit: u32,
    ) -> Result<Vec<(EventId, Option<Watermark>)>, Failure> {
        self.inner.awaited_events(after, limit).await
    }

    async fn notify(&self, event: EventId, inventory: Arc<dyn Inventory>) -> Result<u32, Failure> {
        self.inner.notify(event, inventory).await
    }

    async fn lease_notifications(&self, holder: Uuid, limit: u32) -> Result<Vec<DueNotification>, Failure> {
        self.inner.lease_notifications(holder, limit).await
    }

    async fn release_notifications(&self, holder: Uuid) -> Result<(), Failure> {
        self.inner.release_notifications(holder).await
    }

    async fn mark_delivered(&self, message: Uuid, sent: bool) -> Result<(), Failure> {
        self.inner.mark_delivered(message, sent).await
    }

    async fn postpone_notification(&self, message: Uuid, pause: Duration) -> Result<(), Failure> {
        self.inner.postpone_notification(message, pause).await
    }

    async fn count(&self, event: EventId) -> Result<WaitingCount, Failure> {
        self.inner.count(event).await
    }

    async fn backlog(&self) -> Result<Backlog, Failure> {
        self.inner.backlog().await
    }
}

//! A waitlist that somebody joins late: the process stops just before it.

use std::{sync::Arc, time::Duration};

use async_trait::async_trait;
use booked_ids::{EventId, UserId};
use booked_ticketing::{
    domain::{count::SeatsWanted, waitlist::Watermark},
    ports::{Backlog, DueNotification, Joined, SeatPool, StoreFailure, WaitlistStore},
};
use tokio::sync::Semaphore;
use uuid::Uuid;

/// Where whoever has this address stops.
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
    async fn is_waiting(&self, user: UserId, event: EventId) -> Result<bool, StoreFailure> {
        self.inner.is_waiting(user, event).await
    }

    async fn join(
        &self,
        user: UserId,
        email: &str,
        event: EventId,
        wanted: SeatsWanted,
        pool: Arc<dyn SeatPool>,
    ) -> Result<Joined, StoreFailure> {
        if email == self.late.email {
            self.late.reached.add_permits(1);
            self.late.go_on.acquire().await.unwrap().forget();
        }
        self.inner.join(user, email, event, wanted, pool).await
    }

    async fn awaited_events(
        &self,
        after: Option<EventId>,
        limit: u32,
    ) -> Result<Vec<(EventId, Option<Watermark>)>, StoreFailure> {
        self.inner.awaited_events(after, limit).await
    }

    async fn tell(&self, event: EventId, pool: Arc<dyn SeatPool>) -> Result<u32, StoreFailure> {
        self.inner.tell(event, pool).await
    }

    async fn lease_notifications(
        &self,
        holder: Uuid,
        limit: u32,
    ) -> Result<Vec<DueNotification>, StoreFailure> {
        self.inner.lease_notifications(holder, limit).await
    }

    async fn release_notifications(&self, holder: Uuid) -> Result<(), StoreFailure> {
        self.inner.release_notifications(holder).await
    }

    async fn mark_delivered(&self, message: Uuid, sent: bool) -> Result<(), StoreFailure> {
        self.inner.mark_delivered(message, sent).await
    }

    async fn postpone_notification(&self, message: Uuid, pause: Duration) -> Result<(), StoreFailure> {
        self.inner.postpone_notification(message, pause).await
    }

    async fn backlog(&self) -> Result<Backlog, StoreFailure> {
        self.inner.backlog().await
    }
}

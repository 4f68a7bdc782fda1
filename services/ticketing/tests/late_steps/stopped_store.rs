//! The bookings and events in Postgres, behind a replica's gates.

use std::{collections::HashMap, sync::Arc};

use async_trait::async_trait;
use booked_failure::Failure;
use booked_idempotency::RequestKey;
use booked_ids::{EventId, SeatNumber, TicketId, UserId};
use booked_ticketing::{
    domain::{booking::Tickets, seat::AttemptId},
    outbound::postgres::{PostgresBookings, PostgresEvents},
    ports::{AttemptOutcome, Booked, Bookings, Cancelled, EventRecord, Events, Latest, Selection, Snapshot},
};

use crate::gates::{SharedGates, Step};

pub(crate) struct StoppedBookings {
    pub(crate) inner: Arc<PostgresBookings>,
    pub(crate) gates: SharedGates,
}

pub(crate) struct StoppedEvents {
    pub(crate) inner: Arc<PostgresEvents>,
    pub(crate) gates: SharedGates,
}

type Answer<T> = Result<T, Failure>;

#[async_trait]
impl Bookings for StoppedBookings {
    async fn owners(&self, tickets: &[TicketId]) -> Answer<HashMap<TicketId, UserId>> {
        self.inner.owners(tickets).await
    }

    async fn book(
        &self,
        attempt: AttemptId,
        user: UserId,
        tickets: &Tickets,
        key: Option<RequestKey>,
    ) -> Answer<Booked> {
        let (inner, tickets) = (Arc::clone(&self.inner), tickets.clone());
        self.gates.take(Step::Book, async move { inner.book(attempt, user, &tickets, key).await }).await
    }

    async fn confirm(&self, user: UserId, tickets: &[TicketId], key: Option<RequestKey>) -> Answer<bool> {
        self.inner.confirm(user, tickets, key).await
    }

    async fn void_unless_booked(&self, attempt: AttemptId) -> Answer<AttemptOutcome> {
        let inner = Arc::clone(&self.inner);
        self.gates.take(Step::Void, async move { inner.void_unless_booked(attempt).await }).await
    }

    async fn latest(&self, user: UserId, event: EventId, count: u32) -> Answer<Latest> {
        self.inner.latest(user, event, count).await
    }

    async fn has_all(&self, user: UserId, tickets: &Tickets) -> Answer<bool> {
        self.inner.has_all(user, tickets).await
    }

    async fn cancel(
        &self,
        user: UserId,
        tickets: &Tickets,
        selection: Selection,
        key: Option<RequestKey>,
    ) -> Answer<Cancelled> {
        let (inner, tickets) = (Arc::clone(&self.inner), tickets.clone());
        self.gates.take(Step::Cancel, async move { inner.cancel(user, &tickets, selection, key).await }).await
    }

    async fn sold_among(&self, event: EventId, seats: &[SeatNumber]) -> Answer<Vec<SeatNumber>> {
        let (inner, seats) = (Arc::clone(&self.inner), seats.to_vec());
        self.gates.take(Step::SoldAmong, async move { inner.sold_among(event, &seats).await }).await
    }

    async fn sold(&self, event: EventId, first: SeatNumber, count: u32) -> Answer<Vec<SeatNumber>> {
        self.inner.sold(event, first, count).await
    }

    async fn sold_counts(&self, events: &[EventId]) -> Answer<Vec<Option<u32>>> {
        self.inner.sold_counts(events).await
    }
}

#[async_trait]
impl Events for StoppedEvents {
    async fn event(&self, event: EventId) -> Answer<Option<EventRecord>> {
        self.inner.event(event).await
    }

    async fn snapshot(&self, event: EventId) -> Answer<Option<Snapshot>> {
        let inner = Arc::clone(&self.inner);
        self.gates.take(Step::Snapshot, async move { inner.snapshot(event).await }).await
    }

    async fn live_events(&self, after: Option<EventId>, limit: u32) -> Answer<Vec<EventRecord>> {
        self.inner.live_events(after, limit).await
    }

    async fn events_to_purge(&self, limit: u32) -> Answer<Vec<EventId>> {
        self.inner.events_to_purge(limit).await
    }

    async fn known_among(&self, events: &[EventId]) -> Answer<Vec<EventId>> {
        self.inner.known_among(events).await
    }

    async fn deleted_among(&self, events: &[EventId]) -> Answer<Vec<EventId>> {
        self.inner.deleted_among(events).await
    }

    async fn deleted_events(&self, after: Option<EventId>, limit: u32) -> Answer<Vec<EventId>> {
        self.inner.deleted_events(after, limit).await
    }

    async fn purge(&self, event: EventId, rows_max: u32) -> Answer<bool> {
        self.inner.purge(event, rows_max).await
    }
}

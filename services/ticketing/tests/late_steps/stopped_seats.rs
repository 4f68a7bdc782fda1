//! The seats in Valkey, behind a replica's gates.

use async_trait::async_trait;
use booked_failure::Failure;
use booked_idempotency::{Answered, RequestKey};
use booked_ids::{EventId, SeatNumber, UserId};
use booked_ticketing::{
    domain::{
        booking::Refusal,
        count::SeatsWanted,
        invariant::InventoryFigures,
        seat::{AttemptId, SeatState, SeatStates},
        waitlist::{SaleState, Watermark},
    },
    outbound::valkey::ValkeySeats,
    ports::{
        Claimed, Claims, EventRecord, Expired, HeldUntil, Holds, Inventory, LeaseNonce, LimitOfBuyer,
        OverdueClaim, Released, Reserved, Settlement,
    },
};

use crate::gates::{SharedGates, Step};

pub(crate) struct StoppedSeats {
    pub(crate) inner: ValkeySeats,
    pub(crate) gates: SharedGates,
}

type Answer<T> = Result<T, Failure>;

#[async_trait]
impl Holds for StoppedSeats {
    async fn reserve(
        &self,
        event: EventId,
        user: UserId,
        count: SeatsWanted,
        key: Option<RequestKey>,
    ) -> Answer<Answered<Reserved>> {
        self.inner.reserve(event, user, count, key).await
    }

    async fn limit_of_buyer(&self, event: EventId, user: UserId) -> Answer<LimitOfBuyer> {
        self.inner.limit_of_buyer(event, user).await
    }

    async fn note_tickets(
        &self,
        event: EventId,
        user: UserId,
        asked_unix_ms: i64,
        seats: &[SeatNumber],
    ) -> Answer<()> {
        self.gates.pass(Step::NoteTickets).await;
        self.inner.note_tickets(event, user, asked_unix_ms, seats).await
    }

    async fn release(
        &self,
        event: EventId,
        user: UserId,
        seats: &[SeatNumber],
        key: Option<RequestKey>,
    ) -> Answer<Answered<Released>> {
        self.inner.release(event, user, seats, key).await
    }

    async fn answered(&self, event: EventId, key: RequestKey) -> Answer<Option<Released>> {
        self.inner.answered(event, key).await
    }

    async fn keep_refusal(
        &self,
        event: EventId,
        user: UserId,
        refusal: Refusal,
        key: RequestKey,
    ) -> Answer<Answered<Released>> {
        self.inner.keep_refusal(event, user, refusal, key).await
    }

    async fn keep_released(
        &self,
        event: EventId,
        user: UserId,
        key: RequestKey,
    ) -> Answer<Answered<Released>> {
        self.inner.keep_released(event, user, key).await
    }

    async fn inspect(&self, event: EventId, seats: &[SeatNumber]) -> Answer<Option<SeatStates>> {
        self.inner.inspect(event, seats).await
    }

    async fn held_by(&self, event: EventId, user: UserId) -> Answer<Vec<HeldUntil>> {
        self.inner.held_by(event, user).await
    }

    async fn events_held_by(&self, user: UserId) -> Answer<Vec<EventId>> {
        self.inner.events_held_by(user).await
    }

    async fn expire_holds(&self, event: EventId, limit: u32) -> Answer<Expired> {
        self.inner.expire_holds(event, limit).await
    }
}

#[async_trait]
impl Claims for StoppedSeats {
    async fn claim(
        &self,
        event: EventId,
        user: UserId,
        attempt: AttemptId,
        seats: &[SeatNumber],
    ) -> Answer<Claimed> {
        self.gates.pass(Step::Claim).await;
        self.inner.claim(event, user, attempt, seats).await
    }

    async fn claim_sold(
        &self,
        event: EventId,
        attempt: AttemptId,
        canceller: Option<UserId>,
        seats: &[SeatNumber],
    ) -> Answer<Vec<SeatNumber>> {
        self.gates.pass(Step::ClaimSold).await;
        self.inner.claim_sold(event, attempt, canceller, seats).await
    }

    async fn finish(
        &self,
        event: EventId,
        attempt: AttemptId,
        user: Option<UserId>,
        seats: &[SeatNumber],
    ) -> Answer<u32> {
        self.gates.pass(Step::Finish).await;
        self.inner.finish(event, attempt, user, seats).await
    }

    async fn restore_hold(&self, event: EventId, attempt: AttemptId, seats: &[SeatNumber]) -> Answer<u32> {
        self.gates.pass(Step::RestoreHold).await;
        self.inner.restore_hold(event, attempt, seats).await
    }

    async fn settle(
        &self,
        event: EventId,
        attempt: AttemptId,
        seats: &[Settlement],
        key: Option<RequestKey>,
    ) -> Answer<Vec<SeatNumber>> {
        self.gates.pass(Step::Settle).await;
        self.inner.settle(event, attempt, seats, key).await
    }

    async fn overdue(&self, event: EventId, limit: u32) -> Answer<Vec<OverdueClaim>> {
        self.inner.overdue(event, limit).await
    }
}

#[async_trait]
impl Inventory for StoppedSeats {
    async fn occupied(&self, events: &[EventId]) -> Answer<Vec<Option<u32>>> {
        self.inner.occupied(events).await
    }

    async fn watermarks(&self, events: &[EventId]) -> Vec<Answer<Option<Watermark>>> {
        self.inner.watermarks(events).await
    }

    async fn sale_state(&self, event: EventId) -> Answer<Option<SaleState>> {
        self.inner.sale_state(event).await
    }

    async fn follow(&self, event: EventRecord) -> Answer<u32> {
        self.gates.pass(Step::Follow).await;
        self.inner.follow(event).await
    }

    async fn drop_event(&self, event: EventId) -> Answer<()> {
        self.inner.drop_event(event).await
    }

    async fn acquire_load(&self, event: EventId, nonce: LeaseNonce) -> Answer<bool> {
        self.gates.pass(Step::AcquireLoad).await;
        self.inner.acquire_load(event, nonce).await
    }

    async fn extend_load(&self, event: EventId, nonce: LeaseNonce) -> Answer<()> {
        self.inner.extend_load(event, nonce).await
    }

    async fn end_load(&self, event: EventId, nonce: LeaseNonce) -> Answer<()> {
        self.inner.end_load(event, nonce).await
    }

    async fn publish(&self, event: EventRecord, nonce: LeaseNonce, sold: &[SeatNumber]) -> Answer<bool> {
        self.gates.pass(Step::Publish).await;
        self.inner.publish(event, nonce, sold).await
    }

    async fn taken(&self, event: EventId, first: SeatNumber, count: u32) -> Answer<Option<Vec<SeatNumber>>> {
        self.inner.taken(event, first, count).await
    }

    async fn held(&self, event: EventId) -> Answer<Vec<SeatNumber>> {
        self.inner.held(event).await
    }

    async fn repair(&self, event: EventId, as_read: &[SeatState]) -> Answer<u32> {
        self.gates.pass(Step::Repair).await;
        self.inner.repair(event, as_read).await
    }

    async fn recount(&self, event: EventId) -> Answer<bool> {
        self.inner.recount(event).await
    }

    async fn active_events(&self, limit: u32) -> Answer<Vec<EventId>> {
        self.inner.active_events(limit).await
    }

    async fn forget_if_idle(&self, event: EventId) -> Answer<()> {
        self.inner.forget_if_idle(event).await
    }

    async fn incarnation(&self) -> Answer<String> {
        self.inner.incarnation().await
    }

    async fn figures(&self, event: EventId) -> Answer<Option<InventoryFigures>> {
        self.inner.figures(event).await
    }
}

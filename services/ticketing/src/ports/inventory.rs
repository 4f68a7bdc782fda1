//! Inventories: which seats of an event are not free, as Valkey keeps them: fast, and never the authority on who owns one.

use async_trait::async_trait;
use booked_failure::Failure;
use booked_ids::{EventId, SeatNumber};

use super::EventRecord;
use crate::domain::{
    invariant::InventoryFigures,
    seat::SeatState,
    waitlist::{SaleState, Watermark},
};

/// The inventories of all events. Every operation is one step on one event; `None` means that its inventory is not loaded,
/// and then nothing was changed.
#[async_trait]
pub trait Inventory: Send + Sync {
    /// How many seats of each event are sold, settling or held.
    async fn occupied(&self, events: &[EventId]) -> Result<Vec<Option<u32>>, Failure>;

    /// What the waitlist goes by.
    async fn sale_state(&self, event: EventId) -> Result<Option<SaleState>, Failure>;

    /// Which inventory each event has, and how many seats ever came free in it: cheap for many events at once.
    async fn watermarks(&self, events: &[EventId]) -> Vec<Result<Option<Watermark>, Failure>>;

    /// Acquires the lease of a load, unless another load has it. It expires on its own.
    async fn acquire_load(&self, event: EventId, nonce: LeaseNonce) -> Result<bool, Failure>;

    /// The lease lasts as long again, if it is this nonce's still.
    async fn extend_load(&self, event: EventId, nonce: LeaseNonce) -> Result<(), Failure>;

    /// Ends the lease, if it is this nonce's still, so that another load may begin.
    async fn end_load(&self, event: EventId, nonce: LeaseNonce) -> Result<(), Failure>;

    /// Publishes a loaded inventory, if the lease is still this nonce's and there is no inventory; says whether it did.
    async fn publish(
        &self,
        event: EventRecord,
        nonce: LeaseNonce,
        sold: &[SeatNumber],
    ) -> Result<bool, Failure>;

    /// The capacity rises to what Postgres has committed, and the terms of the sale become these unless newer ones are known.
    /// A load that is under way, which may have read older ones, publishes nothing. Says how many seats are new.
    async fn follow(&self, event: EventRecord) -> Result<u32, Failure>;

    /// Forgets a deleted event, and every load of it that is under way.
    async fn drop_event(&self, event: EventId) -> Result<(), Failure>;

    /// The taken ones among `count` seats from `first` on.
    async fn taken(
        &self,
        event: EventId,
        first: SeatNumber,
        count: u32,
    ) -> Result<Option<Vec<SeatNumber>>, Failure>;

    /// All seats that are held, expired holds that were not taken back among them.
    async fn held(&self, event: EventId) -> Result<Vec<SeatNumber>, Failure>;

    /// Makes seats that are sold in Postgres taken here, if each is still as it was read: unclaimed, and free or under
    /// that same hold. Says how many it repaired.
    async fn repair(&self, event: EventId, as_read: &[SeatState]) -> Result<u32, Failure>;

    /// Makes what the inventory says of itself agree with its seats; says whether it did not.
    async fn recount(&self, event: EventId) -> Result<bool, Failure>;

    /// Some of the events that had a hold or a claim lately, different ones at each call if there are many.
    async fn active_events(&self, limit: u32) -> Result<Vec<EventId>, Failure>;

    /// Takes an event without holds and claims off that list, if it was not used lately.
    async fn forget_if_idle(&self, event: EventId) -> Result<(), Failure>;

    /// Names the data of every node: another answer means that a node may have lost writes.
    async fn incarnation(&self) -> Result<String, Failure>;

    /// What an event's inventory says of itself; none if it is not loaded.
    async fn figures(&self, event: EventId) -> Result<Option<InventoryFigures>, Failure>;
}

/// Names one load in its lease.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LeaseNonce(pub uuid::Uuid);

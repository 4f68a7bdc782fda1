//! The seats of all events, as Valkey keeps them: fast, and never the authority on who owns one.

use std::time::Duration;

use async_trait::async_trait;
use booked_ids::{EventId, SeatNumber, UserId};

use crate::domain::{
    count::SeatsWanted,
    seat::{AttemptId, Claim, ClaimKind, SeatState, SeatStates},
    waitlist::{SaleState, Watermark},
};

/// Seats, holds and claims. Every operation is one script on one event; `None` and `NotLoaded` mean that the event has no
/// inventory, and then nothing was changed.
#[async_trait]
pub trait SeatPool: Send + Sync {
    /// Holds seats for a user, all or none.
    async fn reserve(
        &self,
        event: EventId,
        user: UserId,
        count: SeatsWanted,
    ) -> Result<Reserved, PoolFailure>;

    /// Claims seats for booking that are all held by the user; else says how they are and changes nothing.
    async fn claim(
        &self,
        event: EventId,
        user: UserId,
        attempt: AttemptId,
        seats: &[SeatNumber],
    ) -> Result<Claimed, PoolFailure>;

    /// How seats are at this moment.
    async fn inspect(&self, event: EventId, seats: &[SeatNumber]) -> Result<Option<SeatStates>, PoolFailure>;

    /// Ends a booking that is in Postgres: pair, hold and claim of the attempt's seats go, the seats stay taken. Says how many
    /// seats were still claimed by the attempt.
    async fn finish(
        &self,
        event: EventId,
        attempt: AttemptId,
        seats: &[SeatNumber],
    ) -> Result<u32, PoolFailure>;

    /// Undoes a claim for a booking that will never be in Postgres: the attempt's seats are held as they were, or free. Says
    /// how many seats were still claimed by the attempt.
    async fn restore_hold(
        &self,
        event: EventId,
        attempt: AttemptId,
        seats: &[SeatNumber],
    ) -> Result<u32, PoolFailure>;

    /// Frees seats that are all held by the user; else says how they are and changes nothing.
    async fn release(
        &self,
        event: EventId,
        user: UserId,
        seats: &[SeatNumber],
    ) -> Result<Released, PoolFailure>;

    /// Claims those of the seats that look sold, for a cancel or a check, and says which.
    async fn claim_sold(
        &self,
        event: EventId,
        attempt: AttemptId,
        kind: ClaimKind,
        seats: &[SeatNumber],
    ) -> Result<Vec<SeatNumber>, PoolFailure>;

    /// Ends the attempt's claims by what Postgres says of each seat. Says which seats were still claimed by the attempt; of
    /// the others somebody else has ended the claim, or Valkey has lost it.
    async fn settle(
        &self,
        event: EventId,
        attempt: AttemptId,
        seats: &[Settlement],
    ) -> Result<Vec<SeatNumber>, PoolFailure>;

    /// How many seats of each event are sold, settling or held.
    async fn occupied(&self, events: &[EventId]) -> Result<Vec<Option<u32>>, PoolFailure>;

    /// Which inventory each event has, and how many seats ever came free in it: cheap for many events at once.
    async fn watermarks(&self, events: &[EventId]) -> Vec<Result<Option<Watermark>, PoolFailure>>;

    /// What the waitlist goes by.
    async fn sale_state(&self, event: EventId) -> Result<Option<SaleState>, PoolFailure>;

    /// Takes back at most this many holds whose time has passed.
    async fn expire_holds(&self, event: EventId, limit: u32) -> Result<Expired, PoolFailure>;

    /// At most this many claims that are overdue.
    async fn overdue(&self, event: EventId, limit: u32) -> Result<Vec<OverdueClaim>, PoolFailure>;

    /// The capacity rises to what Postgres has committed. Says how many seats are new.
    async fn grow(&self, event: EventId, capacity: u32) -> Result<u32, PoolFailure>;

    /// Forgets a deleted event, and every load of it that is under way.
    async fn drop_event(&self, event: EventId) -> Result<(), PoolFailure>;

    /// Takes the lease of a load, unless somebody has it. It ends by itself.
    async fn acquire_load(&self, event: EventId, nonce: LeaseNonce) -> Result<bool, PoolFailure>;

    /// The lease lasts as long again, if it is this nonce's still.
    async fn extend_load(&self, event: EventId, nonce: LeaseNonce) -> Result<(), PoolFailure>;

    /// Ends the lease, if it is this nonce's still, so that another load may begin.
    async fn end_load(&self, event: EventId, nonce: LeaseNonce) -> Result<(), PoolFailure>;

    /// Publishes a loaded again inventory, if the lease is still this nonce's and there is no inventory; says whether it did.
    async fn publish(
        &self,
        event: EventId,
        nonce: LeaseNonce,
        capacity: u32,
        sold: &[SeatNumber],
    ) -> Result<bool, PoolFailure>;

    /// The taken ones among `count` seats from `first` on.
    async fn taken(
        &self,
        event: EventId,
        first: SeatNumber,
        count: u32,
    ) -> Result<Option<Vec<SeatNumber>>, PoolFailure>;

    /// All seats that are held, expired holds that were not taken back among them.
    async fn held(&self, event: EventId) -> Result<Vec<SeatNumber>, PoolFailure>;

    /// Makes seats that are sold in Postgres taken here, where each is still as it was read: unclaimed, and free or under
    /// that same hold. Says how many it repaired.
    async fn repair(&self, event: EventId, as_read: &[SeatState]) -> Result<u32, PoolFailure>;

    /// Makes what the inventory says of itself agree with its seats; says whether it did not.
    async fn recount(&self, event: EventId) -> Result<bool, PoolFailure>;

    /// Some of the events that had a hold or a claim lately, other ones at each call where there are many.
    async fn active_events(&self, limit: u32) -> Result<Vec<EventId>, PoolFailure>;

    /// Takes an event without holds and claims off that list, if it was not used lately.
    async fn forget_if_idle(&self, event: EventId) -> Result<(), PoolFailure>;

    /// Names the data of every node: another answer means that a node may have lost writes.
    async fn incarnation(&self) -> Result<String, PoolFailure>;
}

/// Names one load in its lease.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LeaseNonce(pub uuid::Uuid);

/// What came of a reservation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Reserved {
    /// The seats are held.
    Held {
        /// Which.
        seats: Vec<SeatNumber>,
        /// Until when, by Valkey's clock.
        expires_unix_ms: i64,
    },
    /// Fewer are free; nothing is held.
    TooFew,
    /// With these the user would hold, or would have held lately, more of the event than one may; nothing is held.
    TooManyHeld {
        /// After so long enough of their holds count no more.
        again_in: Duration,
    },
    /// The event has no inventory.
    NotLoaded,
}

/// What came of a claim for booking.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Claimed {
    /// All seats are settling under the attempt.
    All,
    /// Not all were held by the user; nothing is claimed.
    Refused(SeatStates),
    /// The event has no inventory.
    NotLoaded,
}

/// What came of a release.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Released {
    /// All seats are free.
    All,
    /// Not all were held by the user; nothing is released.
    Refused(SeatStates),
    /// The event has no inventory.
    NotLoaded,
}

/// A claimed seat, and whether it is sold in Postgres.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Settlement {
    /// Which.
    pub seat: SeatNumber,
    /// Whether it is sold.
    pub sold: bool,
}

/// A claim whose deadline has passed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OverdueClaim {
    /// On which seat.
    pub seat: SeatNumber,
    /// The claim.
    pub claim: Claim,
}

/// What a expire_holds found.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Expired {
    /// Holds that it took back.
    pub ended: u32,
    /// Holds and claims that are left.
    pub left: u32,
}

/// Valkey did not do what was asked.
#[derive(Clone, Debug, thiserror::Error)]
pub enum PoolFailure {
    /// It surely did nothing: it cannot be reached, or refused.
    #[error("Valkey is not available: {0}")]
    Unavailable(String),
    /// It was asked and did not answer: it may have done it.
    #[error("Valkey did not answer: {0}")]
    Unknown(String),
}

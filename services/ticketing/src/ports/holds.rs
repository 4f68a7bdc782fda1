//! Holds: seats that a user keeps for a while, in Valkey, before they are booked.

use std::time::Duration;

use async_trait::async_trait;
use booked_failure::Failure;
use booked_idempotency::{Answered, RequestKey};
use booked_ids::{EventId, SeatNumber, UserId};

use crate::domain::{booking::Refusal, count::SeatsWanted, seat::SeatStates};

/// Seats that are held. Every operation is one script on one event; `None` and `NotLoaded` mean that the inventory of the
/// event is not loaded, and then nothing was changed.
#[async_trait]
pub trait Holds: Send + Sync {
    /// Holds seats for a user, all or none; once for each key, which belongs to the event. What comes of it is kept with the key in
    /// the same step, unless it is no answer to the user.
    async fn reserve(
        &self,
        event: EventId,
        user: UserId,
        count: SeatsWanted,
        key: Option<RequestKey>,
    ) -> Result<Answered<Reserved>, Failure>;

    /// Notes what a user has of an event, so that the limit of a buyer can be judged: these seats, as Postgres said when it was
    /// asked after this moment of Valkey's clock, and what they hold. What was booked since counts too.
    async fn note_tickets(
        &self,
        event: EventId,
        user: UserId,
        asked_unix_ms: i64,
        seats: &[SeatNumber],
    ) -> Result<(), Failure>;

    /// The limit of a buyer, and how much of it is used.
    async fn limit_of_buyer(&self, event: EventId, user: UserId) -> Result<LimitOfBuyer, Failure>;

    /// Frees seats that are all held by the user; else says how they are and changes nothing. Once for each key, as
    /// [`Holds::reserve`].
    async fn release(
        &self,
        event: EventId,
        user: UserId,
        seats: &[SeatNumber],
        key: Option<RequestKey>,
    ) -> Result<Answered<Released>, Failure>;

    /// What a release with this key came to at this event; nothing if none did.
    async fn answered(&self, event: EventId, key: RequestKey) -> Result<Option<Released>, Failure>;

    /// Keeps with its key why a release was refused, unless it was answered before: then that is the answer.
    async fn keep_refusal(
        &self,
        event: EventId,
        user: UserId,
        refusal: Refusal,
        key: RequestKey,
    ) -> Result<Answered<Released>, Failure>;

    /// Keeps with its key that a release is done at an event where nothing of it is held any more, unless it was answered before.
    async fn keep_released(
        &self,
        event: EventId,
        user: UserId,
        key: RequestKey,
    ) -> Result<Answered<Released>, Failure>;

    /// How seats are at this moment.
    async fn inspect(&self, event: EventId, seats: &[SeatNumber]) -> Result<Option<SeatStates>, Failure>;

    /// What the user holds of an event, and what they are just booking of it: these can be booked, or are. At most
    /// [`HELD_MAX`] seats, those that expire first; nothing if the inventory is not loaded.
    async fn held_by(&self, event: EventId, user: UserId) -> Result<Vec<HeldUntil>, Failure>;

    /// Events of which the user held seats lately: best effort, and only for finding holds again.
    async fn events_held_by(&self, user: UserId) -> Result<Vec<EventId>, Failure>;

    /// Takes back at most this many holds whose time has passed.
    async fn expire_holds(&self, event: EventId, limit: u32) -> Result<Expired, Failure>;
}

/// The most seats of an event that [`Holds::held_by`] names: as many as one booking may have.
pub const HELD_MAX: u32 = 1_000;

/// A seat that is held.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct HeldUntil {
    /// Which.
    pub seat: SeatNumber,
    /// Until when, by Valkey's clock.
    pub expires_unix_ms: i64,
}

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
    /// The sale has not begun; nothing is held.
    NotOnSaleYet {
        /// When it begins.
        opens_unix_time: i64,
    },
    /// The sale is paused or over; nothing is held.
    Closed,
    /// The event was cancelled; nothing is held.
    EventCancelled,
    /// The event has a limit for each buyer, and it is not known what this one has: [`Holds::note_tickets`] must come first.
    NotNoted {
        /// Valkey's clock.
        now_unix_ms: i64,
    },
    /// With these the user would hold and have more of the event than one buyer may; nothing is held.
    OverLimit {
        /// How many one may hold and have.
        limit: u32,
    },
    /// The event has no inventory.
    NotLoaded,
    /// The key was used for another request.
    OtherRequest,
}

/// How many seats of an event one user may hold and have.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LimitOfBuyer {
    /// Any number.
    Unlimited,
    /// So many.
    Limited {
        /// How many.
        max: u32,
        /// How many this user holds and has.
        has: u32,
    },
    /// It is not known what this user has: [`Holds::note_tickets`] must come first.
    NotNoted {
        /// Valkey's clock.
        now_unix_ms: i64,
    },
    /// The event has no inventory.
    NotLoaded,
}

/// What came of a release.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Released {
    /// All seats are free.
    All,
    /// Not all were held by the user; nothing is released.
    Unheld(SeatStates),
    /// The event has no inventory.
    NotLoaded,
    /// Nothing was released, for this reason.
    Refused(Refusal),
    /// The key was used for another request.
    OtherRequest,
}

/// What came of looking for holds whose time has passed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Expired {
    /// Holds that it took back.
    pub ended: u32,
    /// Holds and claims that are left.
    pub left: u32,
}

//! Claims: seats that an attempt is booking, cancelling or checking, in Valkey. No clock runs out under a claim.

use async_trait::async_trait;
use booked_failure::Failure;
use booked_idempotency::RequestKey;
use booked_ids::{EventId, SeatNumber, UserId};

use crate::domain::seat::{AttemptId, Claim, SeatStates};

/// Seats that are settling. Every operation is one script on one event. Only the attempt that claimed a seat, or the
/// janitor in its name, ends the claim.
#[async_trait]
pub trait Claims: Send + Sync {
    /// Claims seats for booking that are all held by the user; else says how they are and changes nothing.
    async fn claim(
        &self,
        event: EventId,
        user: UserId,
        attempt: AttemptId,
        seats: &[SeatNumber],
    ) -> Result<Claimed, Failure>;

    /// Claims those of the seats that look sold, for a cancel of this user or, without one, for a check, and says which.
    async fn claim_sold(
        &self,
        event: EventId,
        attempt: AttemptId,
        canceller: Option<UserId>,
        seats: &[SeatNumber],
    ) -> Result<Vec<SeatNumber>, Failure>;

    /// Ends a booking that is in Postgres: pair, hold and claim of the attempt's seats go, the seats stay taken. Says how many
    /// seats were still claimed by the attempt. Without a user, the claims tell whose booking it is.
    async fn finish(
        &self,
        event: EventId,
        attempt: AttemptId,
        user: Option<UserId>,
        seats: &[SeatNumber],
    ) -> Result<u32, Failure>;

    /// Undoes a claim for a booking that will never be in Postgres: the attempt's seats are held as they were, or free. Says
    /// how many seats were still claimed by the attempt.
    async fn restore_hold(
        &self,
        event: EventId,
        attempt: AttemptId,
        seats: &[SeatNumber],
    ) -> Result<u32, Failure>;

    /// Ends the attempt's claims by what Postgres says of each seat. Says which seats were still claimed by the attempt; of
    /// the others somebody else has ended the claim, or Valkey has lost it. If that is all of them, that they are released is kept
    /// with the key.
    async fn settle(
        &self,
        event: EventId,
        attempt: AttemptId,
        seats: &[Settlement],
        key: Option<RequestKey>,
    ) -> Result<Vec<SeatNumber>, Failure>;

    /// At most this many claims that are overdue.
    async fn overdue(&self, event: EventId, limit: u32) -> Result<Vec<OverdueClaim>, Failure>;
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

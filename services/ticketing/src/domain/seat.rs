//! A seat as Valkey shows it: free, held, settling under a claim, or sold.

use booked_ids::{SeatNumber, UserId};
use uuid::Uuid;

/// Names one attempt at changing seats. For a booking it is also the booking's primary key in Postgres.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct AttemptId(pub Uuid);

/// What an attempt is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ClaimKind {
    /// Held seats are being booked.
    Book,
    /// Sold seats are being cancelled.
    Cancel,
    /// The reconciler asks whether the seat is sold.
    Check,
}

/// A seat that is settling: nobody but its attempt, or the janitor in its name, may touch it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Claim {
    /// Whose it is.
    pub attempt: AttemptId,
    /// What for.
    pub kind: ClaimKind,
    /// Who books; none for the other kinds.
    pub user: Option<UserId>,
}

/// A seat that is held. `user` and `expires_unix_ms` together tell one hold of a seat from every other.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Hold {
    /// For whom; none if the pair is gone already and only the expiry is left.
    pub user: Option<UserId>,
    /// Until when, by Valkey's clock.
    pub expires_unix_ms: i64,
}

/// A seat at one moment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SeatState {
    /// Which.
    pub seat: SeatNumber,
    /// Whether its bit is set: held, settling or sold.
    pub taken: bool,
    /// Its hold.
    pub hold: Option<Hold>,
    /// Its claim.
    pub claim: Option<Claim>,
}

/// Several seats of an event at one moment of Valkey's clock.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SeatStates {
    /// That moment.
    pub now_unix_ms: i64,
    /// The seats, in the order they were asked for.
    pub seats: Vec<SeatState>,
}

/// What a seat is to a user who wants to book or release it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SeatStatus {
    /// Held by the user, who may book it.
    Held,
    /// The user's own booking of it is under way.
    UnderWay,
    /// Held, or just being booked, by somebody else.
    Others,
    /// None of these: free, expired, sold, or never there. Postgres knows which.
    Unheld,
}

impl SeatState {
    /// What the seat is to this user at this moment.
    #[must_use]
    pub fn status(&self, user: UserId, now_unix_ms: i64) -> SeatStatus {
        match (&self.claim, self.hold) {
            (Some(Claim { kind: ClaimKind::Book, user: Some(booker), .. }), _) if *booker == user => {
                SeatStatus::UnderWay
            }
            (Some(Claim { kind: ClaimKind::Book, .. }), _) => SeatStatus::Others,
            (Some(_), _) => SeatStatus::Unheld,
            (None, Some(hold)) if hold.expires_unix_ms <= now_unix_ms => SeatStatus::Unheld,
            (None, Some(Hold { user: Some(holder), .. })) if holder == user => SeatStatus::Held,
            (None, Some(Hold { user: Some(_), .. })) => SeatStatus::Others,
            (None, _) => SeatStatus::Unheld,
        }
    }

    /// Taken, neither held nor claimed: sold, as far as Valkey can tell.
    #[must_use]
    pub fn looks_sold(&self) -> bool {
        self.taken && self.hold.is_none() && self.claim.is_none()
    }
}

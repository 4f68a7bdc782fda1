//! How long things last in Valkey, and how much of an event one user may hold.

use std::time::Duration;

/// How long things last in Valkey.
#[derive(Clone, Copy, Debug)]
pub struct Lifetimes {
    /// A hold.
    pub hold: Duration,
    /// A claim, until the janitor may settle it.
    pub claim: Duration,
    /// The lease of a load.
    pub load_lease: Duration,
}

/// What keeps one user from holding a whole event.
#[derive(Clone, Copy, Debug, Default)]
pub struct HoldLimit {
    /// Seats of one event that a user may hold; 0 is any number.
    pub seats: u32,
    /// How long a hold that was not booked counts after its end, so that it cannot be renewed at will.
    pub cooldown: Duration,
}

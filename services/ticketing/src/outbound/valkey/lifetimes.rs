//! How long things last in Valkey, and how much of an event one user may hold.

use std::time::Duration;

booked_server::settings! {
    /// How long things last in Valkey.
    #[derive(Clone, Copy, Debug)]
    pub struct Lifetimes {
        /// How long a reservation holds its seats, in milliseconds.
        pub hold: Duration = "HOLD_TTL_MS", default 600_000, range 1..=86_400_000;
        /// How long a booking or a cancel may take before the janitor settles it, in milliseconds; must be longer than
        /// VALKEY_TIMEOUT_MS, BOOKING_QUEUE_WAIT_MAX_MS, DATABASE_ACQUIRE_TIMEOUT_MS and DATABASE_TIMEOUT_MS together.
        pub claim: Duration = "CLAIM_TTL_MS", default 10_000, range 1..=86_400_000;
        /// How long a process may take to load an event's inventory before another one may begin, in milliseconds.
        pub load_lease: Duration = "LOAD_LEASE_MS", default 10_000, range 1..=86_400_000;
    }
}

booked_server::settings! {
    /// What keeps one user from holding a whole event.
    #[derive(Clone, Copy, Debug, Default)]
    pub struct HoldLimit {
        /// Seats of one event that a user may hold at once, including those that they gave up or let expire lately; one more
        /// is answered 429. 0: any number.
        pub seats: u32 = "HOLDS_PER_USER_MAX", default 100, range 0..=1_000_000;
        /// How long a hold that was not booked counts among a user's after it has ended, in milliseconds, so that it cannot be
        /// renewed at will.
        pub cooldown: Duration = "HOLD_COOLDOWN_MS", default 600_000, range 0..=86_400_000;
        /// Tickets of one event that a user may hold and have if the event itself sets no limit; more are answered 409. 0: any
        /// number.
        pub max_per_buyer: u32 = "MAX_PER_BUYER", default 0, range 0..=100;
    }
}

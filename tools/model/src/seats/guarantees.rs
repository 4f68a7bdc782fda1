//! What was guaranteed to whom: what the properties need and no part of the system knows.

use super::ids::{SEATS_MAX, Seats, User};

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) struct Guarantees {
    /// Whose hold of the seat was granted, has not expired, and was neither released nor booked.
    pub(crate) held: [Option<User>; SEATS_MAX],
    /// Whose bookings of the seat were committed and not cancelled by that user: a set of users. Every committed
    /// booking counts as acknowledged, which is more than is guaranteed.
    pub(crate) owners: [u8; SEATS_MAX],
    /// Sold by a booking whose claim Valkey had lost, and not yet known to Valkey. Without a loss there are none.
    pub(crate) orphaned: Seats,
    /// Valkey has lost its newest writes; it may do so once.
    pub(crate) lost_newest: bool,
    /// Guarantees that a step has violated and the state itself does not show.
    pub(crate) violations: Violations,
}

/// A flag for each guarantee that a step can violate.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) struct Violations {
    /// A valid hold was refused because the seat was sold.
    pub(crate) valid_hold_refused: bool,
    /// A booking that was refused, or answered "nothing was done", was committed.
    pub(crate) refused_but_sold: bool,
    /// Something of a deleted event was sold after the deletion.
    pub(crate) sold_after_deletion: bool,
    /// A release was answered "released", and one of its seats is still held.
    pub(crate) released_but_held: bool,
    /// Seats of an inventory that were on sale are on sale no longer.
    pub(crate) shrunk: bool,
}

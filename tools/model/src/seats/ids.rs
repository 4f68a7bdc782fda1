//! Ids as small numbers, and how a state is mapped to one with other ids.

/// A user; there are two.
pub(crate) type User = u8;
/// A set of seats, one bit for each.
pub(crate) type Seats = u8;
/// An attempt, and its row in `bookings`.
pub(crate) type AttemptId = u8;
/// A load, in its lease.
pub(crate) type LeaseNonce = u8;
/// Represents the moment at which a hold expires, which tells one hold of a seat from another.
pub(crate) type Expiry = u8;

pub(crate) const USERS: u8 = 2;
pub(crate) const SEATS_MAX: usize = 2;
pub(crate) const EVENTS_MAX: usize = 2;
pub(crate) const PROCESSES_MAX: usize = 4;
/// One more than can be mentioned at the same time: by a claim of each seat, in Valkey and in its replica, and by each
/// process.
pub(crate) const ATTEMPTS_MAX: usize = 2 * SEATS_MAX + PROCESSES_MAX + 1;

/// The seats of a set in ascending order.
pub(crate) fn each(seats: Seats) -> impl Iterator<Item = usize> {
    (0..SEATS_MAX).filter(move |seat| seats & (1 << seat) != 0)
}

pub(crate) fn only(seat: usize) -> Seats {
    1 << seat
}

pub(crate) fn those(is_one: impl Fn(usize) -> bool) -> Seats {
    (0..SEATS_MAX).filter(|seat| is_one(*seat)).fold(0, |seats, seat| seats | only(seat))
}

/// Visits every id that a part of the state mentions, and may replace it.
pub(crate) trait Symmetry {
    fn user(&mut self, _user: &mut User) {}
    fn seat(&mut self, _seat: &mut usize) {}
    fn seats(&mut self, _seats: &mut Seats) {}
    fn attempt(&mut self, _attempt: &mut AttemptId) {}
    fn expiry(&mut self, _seat: usize, _expiry: &mut Expiry) {}
    fn nonce(&mut self, _nonce: &mut LeaseNonce) {}
}

/// A part of the state that mentions ids.
pub(crate) trait Symmetric {
    fn map_ids(&mut self, symmetry: &mut impl Symmetry);
}

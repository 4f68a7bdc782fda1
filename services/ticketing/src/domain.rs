//! The rules of seats, bookings and the waitlist, as pure, synchronous code.

pub mod booking;
pub mod count;
pub mod delivery;
pub mod invariant;
pub mod seat;
pub mod terms;
pub mod waitlist;

//! x
pub mod feed;
pub mod guards;
pub mod postgres;
pub mod runs;
pub mod seats;
pub mod waitlist;

mod check;

pub use check::Outcome;

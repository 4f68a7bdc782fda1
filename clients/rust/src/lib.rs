//! The Rust client of booked.
//!
#![doc = include_str!("../README.md")]
#![warn(missing_docs)]

mod answer;
mod call;
mod client;
mod error;
mod pages;
mod request;
mod retries;
mod tickets;

pub mod operations;

pub use answer::{Answer, CreatedEvent, FromAnswer, RawAnswer};
pub use call::{Call, Tagged};
pub use client::{Client, DEFAULT_URL};
pub use error::{ApiError, Error, Failure, Unsendable};
pub use pages::{EventQuery, TicketQuery};
pub use request::{Request, authorization};
pub use retries::{Limits, Tries};
pub use tickets::{NoTicketId, event_of, seat_of};

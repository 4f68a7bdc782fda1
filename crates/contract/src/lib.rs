//! The public wire types and error codes: what clients and the services say to each other in JSON.
//!
//! The types are the contract with clients in the field; `tests/golden.rs` contains their JSON as it must stay.

#![warn(missing_docs)]

pub mod analytics;
mod code;
mod error_body;
pub mod event;
pub mod feed;
pub mod health;
pub mod internal;
pub mod json;
pub mod sale;
pub mod ticket;
pub mod user;

pub use code::Code;
pub use error_body::ErrorBody;

/// The header of a request by whose value its sender may send it again without it being done twice.
pub const IDEMPOTENCY_KEY_HEADER: &str = "idempotency-key";
/// The header of a response that was given before: `true`.
pub const IDEMPOTENCY_REPLAYED_HEADER: &str = "idempotency-replayed";

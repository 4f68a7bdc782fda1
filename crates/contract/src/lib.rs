//! The public wire types and error codes: what clients and the services say to each other in JSON.
//!
//! The types are the contract with clients in the field; `tests/golden.rs` contains their JSON as it must stay.

#![warn(missing_docs)]

pub mod analytics;
mod code;
mod error_body;
pub mod event;
pub mod feed;
pub mod internal;
pub mod json;
pub mod sale;
pub mod ticket;
pub mod user;

pub use code::Code;
pub use error_body::ErrorBody;

//! What the service stands on.

pub mod postgres;
pub mod ticketing;

//! What the service depends on.

pub mod postgres;
pub mod ticketing;

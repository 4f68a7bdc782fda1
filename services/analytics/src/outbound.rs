//! What the service depends on: PostgreSQL.

pub mod postgres;

//! What the service stands on: Postgres.

pub mod postgres;

//! What the service stands on: Postgres.

pub(crate) mod postgres;

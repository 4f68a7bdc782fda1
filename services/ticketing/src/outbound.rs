//! The world outside: Postgres, Valkey, and how people are told.

pub mod notifier;
pub mod postgres;
pub mod valkey;

//! What the service stands on: Postgres, threads that hash, the folder of signing keys.

pub mod hashing;
pub mod postgres;
pub mod signing_keys;

//! What the service stands on: Postgres, threads that hash, the folder of signing keys, a memory of failed log-ins.

pub mod guess_limit;
pub mod hashing;
pub mod postgres;
mod refused_log_ins;
pub mod signing_keys;

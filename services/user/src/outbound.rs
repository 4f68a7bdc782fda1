//! What the service depends on: PostgreSQL, threads that hash, the folder of signing keys, and a memory of failed
//! log-ins.

pub mod guess_limit;
pub mod hashing;
pub mod postgres;
mod refused_log_ins;
pub mod signing_keys;

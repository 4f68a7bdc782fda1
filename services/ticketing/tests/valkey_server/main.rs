//! The connection to a single Valkey: over TLS and with a password, across restarts and runtimes, and the servers that
//! are refused.

#![expect(clippy::panic, clippy::unwrap_used, reason = "the helpers of tests fail as tests do")]

mod connect;
mod process;

mod misconfigured;
mod restarts;
mod tls;

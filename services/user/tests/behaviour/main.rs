//! The service from outside: real HTTP, real PostgreSQL, and its program's own command line.

#![expect(
    clippy::expect_used,
    clippy::panic,
    clippy::unwrap_used,
    reason = "the helpers of tests fail as tests do"
)]

mod earlier_emails;
mod guessing;
mod list_emails;
mod log_in;
mod log_in_flood;
mod operators;
mod register_user;
mod schema;
mod signing_keys;
mod support;

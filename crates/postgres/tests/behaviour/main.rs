//! What the services rely on: failures that are reported as what they are, schemas that are checked, and TLS.

#![expect(
    clippy::expect_used,
    clippy::panic,
    clippy::unwrap_used,
    reason = "the helpers of tests fail as tests do"
)]

mod failures;
mod half;
mod passing;
mod schema;
mod support;
mod tls;
mod unknown_outcomes;

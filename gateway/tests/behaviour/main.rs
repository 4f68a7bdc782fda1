//! What the gateway does, over real HTTP, in front of fake services.

#![expect(
    clippy::expect_used,
    clippy::panic,
    clippy::unwrap_used,
    reason = "the helpers of tests fail as tests do"
)]

mod fixtures;

mod access;
mod bad_input;
mod concurrency;
mod conditional;
mod configuration;
mod cross_origin;
mod expectations;
mod failures;
mod forwarding;
mod idempotency_keys;
mod key_rotation;
mod limits;
mod operation;
mod overload;
mod pages;
mod properties;
mod public_keys;
mod rate_limit_headers;
mod repeats;
mod replicas;
mod routing;
mod sharing;
mod slow_clients;

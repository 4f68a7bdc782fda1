//! What the gateway does, over real HTTP, before services that only pretend.

#![expect(
    clippy::expect_used,
    clippy::panic,
    clippy::unwrap_used,
    reason = "the helpers of tests fail as tests do"
)]

mod fixtures;

mod access;
mod bad_input;
mod configuration;
mod cross_origin;
mod crowds;
mod expectations;
mod failures;
mod forwarding;
mod key_changes;
mod limits;
mod operation;
mod overload;
mod properties;
mod replicas;
mod routing;
mod sharing;
mod slow_clients;

//! The behavior of the analytics service: real HTTP, real PostgreSQL, and a real feed in ticketing's place.

#![expect(clippy::unwrap_used, clippy::panic, reason = "the helpers of tests fail as tests do")]

mod world;

mod apply_feed;
mod list_analytics;
mod list_cancellation_rates;

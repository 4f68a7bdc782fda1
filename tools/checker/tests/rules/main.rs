//! Each rule finds what breaks it, in evidence that is made up and bent in one place, and nothing in evidence that is right.

#![expect(clippy::panic, clippy::unwrap_used, reason = "the helpers of tests fail as tests do")]

mod bend;
mod good;
mod run;

mod abandoned;
mod acknowledged;
mod all_or_nothing;
mod analytics;
mod archived;
mod expiry;
mod holds;
mod owners;
mod seats;
mod waitlist;

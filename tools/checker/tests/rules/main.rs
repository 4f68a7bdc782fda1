//! Each rule finds what violates it in made-up evidence that was tampered with in one place, and nothing in valid
//! evidence.

#![expect(clippy::panic, clippy::unwrap_used, reason = "the helpers of tests fail as tests do")]

mod good;
mod run;
mod tamper;

mod abandoned;
mod acknowledged;
mod all_or_nothing;
mod analytics;
mod archived;
mod buyer_limit;
mod expiry;
mod holds;
mod keys;
mod owners;
mod seats;
mod waitlist;

//! The scripts on a real Valkey: what each promises on its own, and thousands of random steps beside a plain model.

#![expect(
    clippy::expect_used,
    clippy::panic,
    clippy::print_stdout,
    clippy::unwrap_used,
    reason = "the helpers of tests fail as tests do"
)]

mod model;
mod sale;
mod step;

mod buyer_limit;
mod held_by;
mod hold_limit;
mod idempotency_keys;
mod neighbours;
mod random_steps;
mod single_steps;
mod without_inventory;

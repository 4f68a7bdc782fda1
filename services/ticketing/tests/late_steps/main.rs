//! Every step may come late: a process stops between any two steps, others go on, and then it goes on too. Whatever the
//! order, a seat has one owner, an acknowledged booking stays, and in the end Valkey says what Postgres says.

#![expect(
    clippy::expect_used,
    clippy::panic,
    clippy::unwrap_used,
    reason = "the helpers of tests fail as tests do"
)]

mod gates;
mod ledger;
mod proxy;
mod stopped_seats;
mod stopped_store;
mod witness;
mod world;

mod booking_and_janitor;
mod booking_together;
mod cancelling;
mod cancelling_chosen;
mod changing_terms;
mod controls;
mod deleting_and_growing;
mod hot_event;
mod idempotency_keys;
mod limit_of_a_buyer;
mod loading;
mod reconciling;
mod release_of_several_events;
mod several_events;
mod unknown_commits;

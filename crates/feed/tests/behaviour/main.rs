//! Feeds from outbox to consumer, over real HTTP and real Postgres.

#![expect(clippy::panic, clippy::unwrap_used, reason = "the helpers of tests fail as tests do")]

mod applying;
mod archiving;
mod changing;
mod following;
mod ledger;
mod ordering;
mod partitions;
mod serving;
mod tables;
mod world;

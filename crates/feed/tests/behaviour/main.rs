//! Feeds from outbox to consumer, over real HTTP and real Postgres.

mod applying;
mod following;
mod partitions;
mod serving;
mod tables;
mod world;

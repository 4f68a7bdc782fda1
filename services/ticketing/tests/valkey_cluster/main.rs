//! The sale on a Valkey Cluster: events on every node, a node that is lost, one that does not answer, a slot that moves.

#![expect(
    clippy::expect_used,
    clippy::panic,
    clippy::unwrap_used,
    reason = "the helpers of tests fail as tests do"
)]

mod world;

mod losing_a_node;
mod moving_a_slot;
mod selling;

//! Valkey: the seats of all events, as scripts, one a file. What the scripts share stands in `prelude.lua`.
//!
//! All keys of an event carry its id as hash tag, so that one script sees them on one node of a cluster.

mod active_events;
mod arguments;
mod bitmap;
mod claims;
mod client;
mod config;
mod finish_queue;
mod finishing;
mod held_events;
mod holds;
mod inventory;
mod keys;
mod lifetimes;
mod link;
mod links;
mod load_lease;
mod metrics;
mod prelude;
mod reply;
mod scripts;
mod seats;

pub use client::Valkey;
pub use config::ValkeySettings;
pub use lifetimes::{HoldLimit, Lifetimes};
pub use seats::ValkeySeats;

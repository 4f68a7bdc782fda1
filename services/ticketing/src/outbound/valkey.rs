//! Valkey: the seats of all events, as scripts, one a file. What the scripts share stands in `prelude.lua`.
//!
//! All keys of an event carry its id as hash tag, so that one script sees them on one node of a cluster.

mod arguments;
mod bitmap;
mod busy;
mod client;
mod config;
mod keys;
mod lifetimes;
mod link;
mod links;
mod maps_audit;
mod metrics;
mod rebuild_lease;
mod reply;
mod scripts;
mod seat_pool;

pub use client::Valkey;
pub use config::{ValkeyArgs, ValkeySettings};
pub use lifetimes::{HoldLimit, Lifetimes};
pub use maps_audit::ValkeyMapsAudit;
pub use seat_pool::ValkeySeatPool;

//! What comes in: HTTP, the event service's feed, and the clock.

pub mod audit;
pub mod changes;
pub mod delivery;
pub mod feed;
pub mod gauges;
pub mod http;
pub mod jobs;
mod repairs;

//! What comes in: HTTP, the event service's feed, and the clock.

pub mod feed;
pub mod http;
pub mod jobs;
pub mod metrics;

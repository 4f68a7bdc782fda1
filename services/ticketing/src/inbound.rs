//! What comes in: commands, HTTP, the event service's feed, and the clock.

pub mod commands;
pub mod feed;
pub mod http;
pub mod jobs;

//! How the service is asked: over HTTP, by operators' commands, by the clock.

pub(crate) mod commands;
pub(crate) mod http;
pub(crate) mod jobs;

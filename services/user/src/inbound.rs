//! How the service is asked: over HTTP, by the clock.

pub(crate) mod http;
pub(crate) mod jobs;

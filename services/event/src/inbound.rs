//! How the service is asked: over HTTP, and by the clock.

pub(crate) mod http;
pub(crate) mod jobs;

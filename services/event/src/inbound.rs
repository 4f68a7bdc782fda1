//! How the service is asked: by its command line, over HTTP, and by the clock.

pub(crate) mod commands;
pub(crate) mod http;
pub(crate) mod jobs;

//! How the service is called: by HTTP requests and by timers.

pub(crate) mod http;
pub(crate) mod jobs;

//! The service's endpoints, one a file.

mod list_analytics;
mod list_cancellation_rates;
mod routes;

pub(crate) use routes::{Context, routes};

pub use routes::ApiDoc;

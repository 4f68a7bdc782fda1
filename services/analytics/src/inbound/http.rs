//! The service's endpoints, one a file.

mod context;
mod list_analytics;
mod list_cancellation_rates;
mod routes;

pub(crate) use context::Context;
pub(crate) use routes::routes;

pub use routes::ApiDoc;

//! HTTP, one endpoint per file.

mod context;
mod list_analytics;
mod list_cancellation_rates;
mod routes;

pub(crate) use context::Context;
pub use routes::ApiDoc;
pub(crate) use routes::routes;

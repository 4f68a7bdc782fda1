//! The public face of the system: one pipeline of named phases that every request passes, and one table of routes that says
//! which service handles it. It has no business rule.
//!
//! In reading order: `front` is where clients connect, [`routes`] the table, `pipeline` the sequence of `phases`, `rejection`
//! what each may answer instead of the service, `upstream` how a service is called, `jwks_cache` the keys that tokens are
//! verified with.

pub mod routes;
pub mod services;

mod body_budget;
mod client_limits;
mod front;
mod jwks_cache;
mod metrics;
mod phases;
mod pipeline;
mod rejection;
mod upstream;

mod local_endpoints;

mod app;
mod commands;
pub mod config;

pub use app::bind;
pub use commands::run;
pub use local_endpoints::ApiDoc;

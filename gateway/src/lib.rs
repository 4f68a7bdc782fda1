//! The public face of the system: one pipeline of named phases that every request goes through, and one table of routes
//! that says which service answers it. It holds no business rule.
//!
//! In reading order: `front` is where clients connect, [`routes`] the table, `pipeline` the sequence of `phases`, `refusal`
//! what each may answer instead of the service, `upstream` how a service is called, `keys` by which keys tokens are
//! verified.

pub mod routes;
pub mod services;

mod askers;
mod body_budget;
mod front;
mod keys;
mod metrics;
mod phases;
mod pipeline;
mod refusal;
mod upstream;

mod own_pages;

mod app;
mod commands;
pub mod config;

pub use app::bind;
pub use commands::run;
pub use own_pages::ApiDoc;

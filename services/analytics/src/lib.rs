//! Analytics: counts of what was sold and cancelled, made of ticketing's feed. In reading order: how facts become
//! counts and counts become figures ([`domain`]), how facts come in and figures go out (`inbound`), where the counts
//! are kept ([`outbound`]), and how it is joined ([`app`]). Its reads have no rule that is worth a use case.

pub mod domain;

mod inbound;
pub mod outbound;

pub mod app;
mod commands;
pub mod config;

pub use commands::Analytics;
pub use inbound::http::ApiDoc;

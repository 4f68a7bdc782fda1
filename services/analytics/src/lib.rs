//! Analytics: counts of what was sold and cancelled, from ticketing's feed. In reading order: how facts become counts
//! and counts become figures ([`domain`]), how facts come in and figures go out (`inbound`), where the counts are
//! stored ([`outbound`]), and how the parts are joined ([`app`]). Its reads contain no rule that would justify a use
//! case.

pub mod domain;

mod inbound;
pub mod outbound;

pub mod app;
mod commands;
pub mod config;

pub use commands::Analytics;
pub use inbound::http::ApiDoc;

//! The user service: accounts and tokens. In reading order: what it knows ([`domain`]), what it does ([`usecases`]),
//! what that needs ([`ports`]), how it is called (`inbound`), and what it depends on ([`outbound`]).

pub mod domain;
pub mod ports;
pub mod usecases;

mod inbound;
pub mod outbound;

pub mod app;
mod commands;
pub mod config;

pub use commands::User;
pub use inbound::http::ApiDoc;

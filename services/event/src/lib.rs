//! The event service: what takes place, when and where. In reading order: what an event is ([`domain`]), what can be
//! done with it ([`usecases`]), what that needs ([`ports`]), how the service is called (`inbound`), and what it depends
//! on ([`outbound`]).

pub mod domain;
pub mod ports;
pub mod usecases;

mod inbound;
pub mod outbound;

pub mod app;
mod commands;
pub mod config;

pub use commands::Event;
pub use inbound::http::ApiDoc;

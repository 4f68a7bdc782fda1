//! The event service: what takes place, when and where. In reading order: what an event is ([`domain`]), what is done
//! with it ([`usecases`]), what that needs ([`ports`]), how it is asked (`inbound`), what it stands on ([`outbound`]).

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

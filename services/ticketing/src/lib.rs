//! Seats, holds, bookings and the waitlist: the part of booked that sells.
//!
//! Read it in this order: `domain` (the rules), `ports` (what the rules need), `usecases` (what can be done), `outbound`
//! (Postgres and Valkey), `inbound` (HTTP, the feed, the clock), `app` (how it is joined).

pub mod domain;
pub mod ports;
pub mod usecases;

pub mod inbound;
pub mod outbound;

pub mod app;
mod commands;
pub mod config;

pub use commands::Ticketing;
pub use inbound::http::ApiDoc;

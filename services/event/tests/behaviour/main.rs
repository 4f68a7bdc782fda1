//! The event service over real HTTP and real PostgreSQL, with a fake ticketing service.

#![expect(clippy::panic, clippy::unwrap_used, reason = "the helpers of tests fail as tests do")]

mod caller;
mod create_event;
mod delete_event;
mod get_event;
mod hostile_input;
mod list_events;
mod outage;
mod ticketing;
mod update_event;
mod world;

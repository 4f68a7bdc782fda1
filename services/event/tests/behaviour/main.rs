//! The event service over real HTTP and real PostgreSQL, with a fake ticketing service.

#![expect(clippy::panic, clippy::unwrap_used, reason = "the helpers of tests fail as tests do")]

mod caller;
mod cancel_event;
mod confirmation;
mod create_event;
mod delete_event;
mod entity_tags;
mod get_event;
mod hostile_input;
mod idempotency_keys;
mod list_events;
mod outage;
mod sale_terms;
mod search_events;
mod ticketing;
mod update_event;
mod world;

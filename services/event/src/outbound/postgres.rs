//! The service's own database.

mod event_store;
mod kept_change;
mod pages;
mod purge;
mod rows;
mod schema;
mod seconds;

use diesel_migrations::{EmbeddedMigrations, embed_migrations};

pub use event_store::PostgresEventStore;
pub use kept_change::KeptChange;
pub use purge::purge_deleted_events;

/// The migrations that make the schema.
pub const MIGRATIONS: EmbeddedMigrations = embed_migrations!("../../migrations/event");

//! The service's own database.

pub(crate) mod counts;
mod schema;

use diesel_migrations::{EmbeddedMigrations, embed_migrations};

/// The migrations that make the schema.
pub const MIGRATIONS: EmbeddedMigrations = embed_migrations!("../../migrations/analytics");

//! The service's own database.

pub(crate) mod counts;
mod schema;

use diesel_migrations::{EmbeddedMigrations, embed_migrations};

/// What the schema is made of.
pub const MIGRATIONS: EmbeddedMigrations = embed_migrations!("../../migrations/analytics");

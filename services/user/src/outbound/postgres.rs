//! The service's own database.

mod account_store;
mod schema;

use diesel_migrations::{EmbeddedMigrations, embed_migrations};

pub use account_store::PostgresAccountStore;

/// What the schema is made of.
pub const MIGRATIONS: EmbeddedMigrations = embed_migrations!("../../migrations/user");

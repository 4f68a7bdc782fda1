//! The service's own database.

mod account_store;
mod schema;

use diesel_migrations::{EmbeddedMigrations, embed_migrations};

pub use account_store::PostgresAccountStore;

/// The migrations that make the schema.
pub const MIGRATIONS: EmbeddedMigrations = embed_migrations!("../../migrations/user");

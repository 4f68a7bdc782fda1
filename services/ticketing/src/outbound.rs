//! The world outside: Postgres, Valkey, the user service, and how people are notified.

pub mod notifier;
pub mod postgres;
pub mod users;
pub mod valkey;

#[cfg(feature = "unguarded")]
mod unguarded;
#[cfg(feature = "unguarded")]
use unguarded::as_run;

/// The statement as it is run: as it is written.
#[cfg(not(feature = "unguarded"))]
fn as_run(statement: &str) -> std::borrow::Cow<'_, str> {
    statement.into()
}

//! A connection for an operator's command, which may take as long as it needs.

use diesel::ConnectionResult;
use diesel_async::AsyncPgConnection;

use crate::{DatabaseSettings, connect::connect};

/// Connects to the database without the limits that requests have, except for the wait for a lock, since others may
/// queue behind it. If the caller goes away, the server ends the statement on its own.
///
/// # Errors
///
/// If the server cannot be reached.
pub async fn open_for_operator(settings: &DatabaseSettings) -> ConnectionResult<AsyncPgConnection> {
    let mut postgres = settings.postgres();
    // If an option is set twice, the last one counts.
    let limits = "-c statement_timeout=0 -c idle_in_transaction_session_timeout=0 -c lock_timeout=60000";
    let options = format!("{} {limits}", postgres.get_options().unwrap_or_default());
    postgres.options(options);
    connect(&postgres, settings.tls()).await
}

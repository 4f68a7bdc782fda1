//! A connection for what an operator's command does: it takes the time it takes.

use diesel::ConnectionResult;
use diesel_async::AsyncPgConnection;

use crate::{DatabaseSettings, connect::connect};

/// Connects to the database without the limits that requests have, but for the wait for a lock, which others may wait
/// behind. Where the caller goes away, the server ends the statement by itself.
///
/// # Errors
///
/// Where the server cannot be reached.
pub async fn open_for_operator(settings: &DatabaseSettings) -> ConnectionResult<AsyncPgConnection> {
    let mut postgres = settings.postgres.clone();
    // Of what is set twice the last counts.
    let limits = "-c statement_timeout=0 -c idle_in_transaction_session_timeout=0 -c lock_timeout=60000";
    let options = format!("{} {limits}", settings.postgres.get_options().unwrap_or_default());
    postgres.options(options);
    connect(&postgres, settings.tls.as_ref()).await
}

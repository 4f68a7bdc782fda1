//! Creates accounts before any attack. Limits on log-ins are on, so refused calls are retried.

use std::time::Duration;

use booked_load::client::{CallError, Gateway, RetryPolicy, Session};

/// Of all accounts.
pub(super) const PASSWORD: &str = "correct horse";
/// How many accounts attack. If an attack uses one account, it is the first.
pub(super) const ATTACKERS: u8 = 8;
/// Registering or logging in twice does no harm.
pub(super) const RETRIES: RetryPolicy =
    RetryPolicy { attempts_max: 60, pause: Duration::from_secs(1), retries_unanswered: true };

pub(super) fn attacker_email(number: u8) -> String {
    format!("attacker-{}@example.com", number % ATTACKERS)
}

pub(super) async fn register_and_log_in(gateway: &Gateway, email: &str) -> Result<Session, CallError> {
    RETRIES.run(|| gateway.register("Somebody", email, PASSWORD)).await?;
    RETRIES.run(|| gateway.log_in(email, PASSWORD)).await
}

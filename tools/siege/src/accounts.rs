//! Accounts, made while nothing attacks. Limits on log-ins are on, so refused calls are retried.

use std::time::Duration;

use booked_load::client::{CallError, Gateway, RetryPolicy, Session};

pub(super) const PASSWORD: &str = "correct horse";
/// To register or log in twice does no harm.
pub(super) const RETRIES: RetryPolicy =
    RetryPolicy { attempts_max: 60, pause: Duration::from_secs(1), retries_unanswered: true };

/// Registers and logs in.
pub(super) async fn enter(gateway: &Gateway, email: &str) -> Result<Session, CallError> {
    RETRIES.run(|| gateway.register("Somebody", email, PASSWORD)).await?;
    RETRIES.run(|| gateway.log_in(email, PASSWORD)).await
}

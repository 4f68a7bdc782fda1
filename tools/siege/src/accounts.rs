//! Accounts, made while nothing attacks. Limits on log-ins are on, so who is told to wait waits.

use std::time::Duration;

use booked_load::client::{CallError, Gateway, Session};
use tokio::time::sleep;

pub(super) const PASSWORD: &str = "correct horse";
const ATTEMPTS_MAX: u32 = 60;
const PAUSE: Duration = Duration::from_secs(1);

/// Registers and logs in.
pub(super) async fn enter(gateway: &Gateway, email: &str) -> Result<Session, CallError> {
    patiently(|| gateway.register("Somebody", email, PASSWORD)).await?;
    patiently(|| gateway.log_in(email, PASSWORD)).await
}

/// Asks again while there is too much to do: who is registered or logged in twice is so once.
pub(super) async fn patiently<T, F>(ask: impl Fn() -> F) -> Result<T, CallError>
where
    F: Future<Output = Result<T, CallError>>,
{
    for _ in 1..ATTEMPTS_MAX {
        match ask().await {
            Err(busy) if matches!(busy.status, None | Some(429 | 503 | 504)) => sleep(PAUSE).await,
            other => return other,
        }
    }
    ask().await
}

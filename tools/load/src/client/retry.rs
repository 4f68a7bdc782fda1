//! Repeats calls that were refused because there was too much to do.

use std::time::Duration;

use tokio::time::sleep;

use super::session::CallError;

/// How a call is repeated while there is too much to do. Only for calls that may be carried out twice.
#[derive(Clone, Copy, Debug)]
pub struct RetryPolicy {
    /// The last attempt's result counts, whatever it is.
    pub attempts_max: u32,
    /// Between two attempts.
    pub pause: Duration,
    /// Whether to retry calls without an answer too. A gateway that was never there is then reported only after the
    /// last attempt.
    pub retries_unanswered: bool,
}

impl RetryPolicy {
    /// # Errors
    ///
    /// Any other failure immediately, and a busy gateway after the last attempt.
    pub async fn run<T, F>(&self, call: impl Fn() -> F) -> Result<T, CallError>
    where
        F: Future<Output = Result<T, CallError>>,
    {
        for _ in 1..self.attempts_max {
            match call().await {
                Err(error) if self.retries(&error) => sleep(self.pause).await,
                other => return other,
            }
        }
        call().await
    }

    /// 504 leaves open whether the call was carried out.
    fn retries(&self, error: &CallError) -> bool {
        match error.status {
            Some(status) => matches!(status, 429 | 503 | 504),
            None => self.retries_unanswered,
        }
    }
}

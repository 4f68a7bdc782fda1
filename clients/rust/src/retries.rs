//! Which calls are sent again, when, and for how long. Nothing here sends, waits or reads a clock.

use std::time::Duration;

use crate::{Call, Error, Failure};

const JITTER_BASE: Duration = Duration::from_millis(500);
const JITTER_MAX: Duration = Duration::from_secs(4);
/// A try that begins in time is not over before it begins.
const SHORTEST: Duration = Duration::from_millis(1);

/// How long a try may take, how long a call may take with all its tries, and how many these may be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// For one try, from the beginning until its answer is there.
    pub timeout: Duration,
    /// For a call with all its tries and the waits between them.
    pub total_timeout: Duration,
    /// The first one counts.
    pub tries: u32,
}

impl Default for Limits {
    fn default() -> Self {
        Self { timeout: Duration::from_secs(10), total_timeout: Duration::from_secs(30), tries: 4 }
    }
}

/// The tries of one call.
#[derive(Debug)]
pub struct Tries {
    limits: Limits,
    may_be_repeated: bool,
    key: Option<String>,
    begun: u32,
    outcome_unknown: bool,
}

impl Tries {
    /// Of a call that was not sent yet.
    #[must_use]
    pub fn of<T>(call: &Call<T>, limits: Limits) -> Self {
        let key = call.key().map(ToOwned::to_owned);
        Self { limits, may_be_repeated: call.may_be_repeated(), key, begun: 0, outcome_unknown: false }
    }

    /// How long the next try may take, which begins so long after the first.
    pub fn begin(&mut self, elapsed: Duration) -> Duration {
        self.begun += 1;
        self.limits.timeout.min(self.limits.total_timeout.saturating_sub(elapsed)).max(SHORTEST)
    }

    /// After a try has failed: after how long to try again, or the error of the call. `share` is the part of the jitter
    /// to wait, from 0 to 1; it must be random, so that many clients do not come back together.
    ///
    /// # Errors
    ///
    /// If this failure is for the caller to handle.
    pub fn wait_after(&mut self, failure: Failure, elapsed: Duration, share: f64) -> Result<Duration, Error> {
        // That this try was not carried out says nothing of an earlier one.
        let is_final = matches!(&failure, Failure::Api(error) if error.is_final());
        self.outcome_unknown = failure.outcome_unknown() || (self.outcome_unknown && !is_final);
        let is_safe = self.is_safe_after(&failure);
        let wait = asked(&failure).saturating_add(self.jitter().mul_f64(share.clamp(0.0, 1.0)));
        let is_in_time = elapsed.saturating_add(wait) < self.limits.total_timeout;
        if self.begun < self.limits.tries && is_safe && is_in_time {
            return Ok(wait);
        }
        Err(Error { failure, outcome_unknown: self.outcome_unknown, idempotency_key: self.key.take() })
    }

    fn is_safe_after(&self, failure: &Failure) -> bool {
        match failure {
            Failure::NotSent(_) => true,
            Failure::Lost(_) => self.may_be_repeated,
            Failure::Api(error) => error.is_passing() || (error.is_gateway_timeout() && self.may_be_repeated),
            Failure::Unreadable(_) | Failure::NotModified => false,
        }
    }

    /// The longest random wait now; it grows from try to try.
    fn jitter(&self) -> Duration {
        let factor = 1_u32.checked_shl(self.begun.saturating_sub(1)).unwrap_or(u32::MAX);
        JITTER_BASE.saturating_mul(factor).min(JITTER_MAX)
    }
}

fn asked(failure: &Failure) -> Duration {
    match failure {
        Failure::Api(error) => error.retry_after.unwrap_or_default(),
        _ => Duration::ZERO,
    }
}

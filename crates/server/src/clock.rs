//! The time, read from a trait so that tests can set it.

use chrono::{DateTime, Utc};

/// Reads the time.
pub trait Clock: Send + Sync {
    /// Now.
    fn now(&self) -> DateTime<Utc>;
}

/// The machine's own clock.
#[derive(Clone, Copy, Debug, Default)]
pub struct SystemClock;

impl Clock for SystemClock {
    #[expect(clippy::disallowed_methods, reason = "the one place that reads the machine's clock")]
    fn now(&self) -> DateTime<Utc> {
        Utc::now()
    }
}

/// Now in Unix seconds, rounded down.
pub fn unix_seconds(clock: &dyn Clock) -> i64 {
    clock.now().timestamp()
}

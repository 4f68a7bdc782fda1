//! How long somebody waits for the result of a request: the caller sends this with the request, and work that nobody
//! waits for any longer is not started.

use std::{future::Future, time::Duration};

use tokio::time::Instant;

tokio::task_local! {
    /// The deadline of the caller that waits for what this task does; none if nobody in particular waits for it.
    static DEADLINE: Option<Deadline>;
}

/// The moment until which somebody waits.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Deadline {
    ends: Instant,
    begin_by: Instant,
}

impl Deadline {
    /// This long from now.
    #[must_use]
    pub fn after(limit: Duration) -> Self {
        let now = Instant::now();
        Self { ends: now + limit, begin_by: now + (limit - limit / 10) }
    }

    /// The deadline of the caller that waits for what this task does; none if it named none.
    #[must_use]
    pub fn of_caller() -> Option<Self> {
        DEADLINE.try_with(|deadline| *deadline).ok().flatten()
    }

    /// This long from now, or as long as the caller waits, whichever is shorter.
    #[must_use]
    pub fn within(limit: Duration) -> Self {
        let own = Self::after(limit);
        Self::of_caller().map_or(own, |callers| callers.min(own))
    }

    /// How long to wait for a turn: at most `longest`, and less if the caller's time ends sooner. In the last tenth
    /// of the caller's time nothing is started, since that time would be over before the answer arrived. Zero if it
    /// is already too late.
    #[must_use]
    pub fn wait_at_most(longest: Duration) -> Duration {
        let of_caller =
            Self::of_caller().map(|callers| callers.begin_by.saturating_duration_since(Instant::now()));
        of_caller.map_or(longest, |left| left.min(longest))
    }

    /// How much time is left.
    #[must_use]
    pub fn left(self) -> Duration {
        self.ends.saturating_duration_since(Instant::now())
    }

    /// The latest moment at which a turn is worth taking.
    #[must_use]
    pub fn begin_by(self) -> Instant {
        self.begin_by
    }

    /// As it is sent to the next service, in milliseconds from now.
    #[must_use]
    pub fn to_header(self) -> String {
        self.left().as_millis().to_string()
    }

    /// What [`Self::to_header`] wrote; none if it cannot be read.
    pub(crate) fn told_by(header: &str) -> Option<Self> {
        // Nobody waits for longer than a day. The bound keeps the addition to the clock from overflowing.
        const LONGEST_MS: u64 = 86_400_000;
        let left_ms: u64 = header.parse().ok()?;
        Some(Self::after(Duration::from_millis(left_ms.min(LONGEST_MS))))
    }

    /// Runs work for a caller that waits until then.
    pub async fn scope<T>(self, work: impl Future<Output = T>) -> T {
        DEADLINE.scope(Some(self), work).await
    }
}

/// Runs work that must be done whether or not somebody still waits, such as undoing a step.
pub async fn whoever_waits<T>(work: impl Future<Output = T>) -> T {
    DEADLINE.scope(None, work).await
}

/// Carries the deadline of this task's caller over to work that another task will do.
pub(crate) fn kept<T>(work: impl Future<Output = T>) -> impl Future<Output = T> {
    DEADLINE.scope(Deadline::of_caller(), work)
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND: Duration = Duration::from_secs(1);

    #[tokio::test]
    async fn nobody_waits_longer_than_whoever_asked() {
        assert_eq!(Deadline::of_caller(), None);
        assert_eq!(Deadline::wait_at_most(SECOND), SECOND);
        let told = Deadline::after(1_000 * SECOND);
        told.scope(async {
            assert_eq!(Deadline::wait_at_most(SECOND), SECOND);
            assert!(Deadline::wait_at_most(2_000 * SECOND) <= 900 * SECOND);
            assert!(Deadline::within(SECOND).left() <= SECOND);
            assert_eq!(Deadline::within(2_000 * SECOND), told);
            whoever_waits(async { assert_eq!(Deadline::of_caller(), None) }).await;
        })
        .await;
        let over = Deadline::told_by("0").unwrap();
        assert_eq!(over.scope(async { Deadline::wait_at_most(SECOND) }).await, Duration::ZERO);
        assert_eq!(over.to_header(), "0");
    }

    #[tokio::test]
    async fn what_another_task_does_is_done_for_the_same_caller() {
        let told = Deadline::after(SECOND);
        let by_another =
            told.scope(async { tokio::spawn(kept(async { Deadline::of_caller() })).await.unwrap() });
        assert_eq!(by_another.await, Some(told));
    }

    #[test]
    fn a_header_that_says_nothing_counts_as_none() {
        for header in ["", "-1", "1.5", "soon", "99999999999999999999"] {
            assert_eq!(Deadline::told_by(header), None, "{header}");
        }
    }
}

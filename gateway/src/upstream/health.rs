//! Whether a replica is well, judged by what becomes of the calls that it is given.

use std::{cell::Cell, time::Duration};

use tokio::time::Instant;

/// How long a replica that failed at once is asked only where no other is left: long enough not to run into it with every
/// request, short enough not to be missed when it is back.
const REST: Duration = Duration::from_secs(1);
/// How long one is left out that says nothing at all, at first; then twice as long each time.
const OUT_FIRST: Duration = Duration::from_secs(1);
const OUT_MAX: Duration = Duration::from_secs(30);

#[derive(Debug)]
pub(super) struct Health {
    rests_until: Cell<Option<Instant>>,
    heard_last: Cell<Option<Instant>>,
    out: Cell<Option<Out>>,
}

/// It says nothing. It stays out until it does, and is probed when a time is over.
#[derive(Clone, Copy, Debug)]
struct Out {
    for_so_long: Duration,
    probe_at: Instant,
    is_probed: bool,
}

impl Health {
    pub(super) fn new() -> Self {
        Self { rests_until: Cell::new(None), heard_last: Cell::new(None), out: Cell::new(None) }
    }

    /// A call failed at once, or it says that it ends: others are asked first, for a while.
    pub(super) fn rest(&self, now: Instant) {
        self.rests_until.set(Some(now + REST));
    }

    /// It answered, whatever it said and however late.
    pub(super) fn heard(&self, now: Instant) {
        self.heard_last.set(Some(now));
        self.out.set(None);
    }

    /// A call that was begun then had no answer in time. Only where no other call had one either does it seem to hang:
    /// a slow call alone says nothing of the replica.
    pub(super) fn silent(&self, began: Instant, now: Instant) {
        if self.out.get().is_none() && self.heard_last.get().is_none_or(|heard| heard < began) {
            self.leave_out(OUT_FIRST, now);
        }
    }

    /// The probe had no answer either.
    pub(super) fn silent_still(&self, now: Instant) {
        if let Some(out) = self.out.get() {
            self.leave_out(OUT_MAX.min(2 * out.for_so_long), now);
        }
    }

    fn leave_out(&self, for_so_long: Duration, now: Instant) {
        self.out.set(Some(Out { for_so_long, probe_at: now + for_so_long, is_probed: false }));
    }

    /// Whether it is to be probed now; the answer is yes once each time.
    pub(super) fn is_to_be_probed(&self, now: Instant) -> bool {
        let Some(out) = self.out.get() else { return false };
        let is_due = !out.is_probed && now >= out.probe_at;
        if is_due {
            self.out.set(Some(Out { is_probed: true, ..out }));
        }
        is_due
    }

    /// Lower is better.
    pub(super) fn rank(&self, now: Instant) -> (bool, bool) {
        let rests = self.rests_until.get().is_some_and(|until| now < until);
        (self.out.get().is_some(), rests)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND: Duration = Duration::from_secs(1);

    #[test]
    fn a_replica_that_says_nothing_is_left_out_for_longer_each_time_until_it_answers() {
        let (health, mut now) = (Health::new(), Instant::now());
        health.silent(now, now);
        // All the calls that were under way when it hung are one sign.
        health.silent(now, now);
        for seconds in [1, 2, 4, 8, 16, 30, 30] {
            assert!(!health.is_to_be_probed(now + seconds * SECOND - SECOND / 10));
            now += seconds * SECOND;
            assert!(health.is_to_be_probed(now));
            assert!(!health.is_to_be_probed(now + 100 * SECOND), "one probe at a time");
            assert_eq!(health.rank(now), (true, false));
            health.silent_still(now);
        }
        health.heard(now);
        assert_eq!(health.rank(now), (false, false));
        assert!(!health.is_to_be_probed(now + 100 * SECOND));
        health.silent_still(now);
        assert_eq!(health.rank(now), (false, false), "it answered while its probe was given up");
    }

    #[test]
    fn slow_calls_alone_do_not_leave_a_replica_out_that_answers_others() {
        let (health, began) = (Health::new(), Instant::now());
        health.heard(began + SECOND);
        health.silent(began, began + 2 * SECOND);
        assert_eq!(health.rank(began + 2 * SECOND), (false, false));
    }
}

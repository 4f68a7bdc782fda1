//! Whether a replica is healthy, judged by what becomes of the calls that it is given.

use std::{cell::Cell, time::Duration};

use tokio::time::Instant;

/// How long a replica that failed at once is tried only if no other is left: long enough not to run into it with every
/// request, short enough not to be missed when it is back.
const EJECTION: Duration = Duration::from_secs(1);
/// How long a replica that does not respond at all is quarantined at first; the time doubles with each failed probe.
const QUARANTINE_FIRST: Duration = Duration::from_secs(1);
const QUARANTINE_MAX: Duration = Duration::from_secs(30);

#[derive(Debug)]
pub(super) struct Health {
    ejected_until: Cell<Option<Instant>>,
    last_responded: Cell<Option<Instant>>,
    quarantine: Cell<Option<Quarantine>>,
}

/// The replica does not respond. It stays quarantined until it does, and is probed each time the backoff has passed.
#[derive(Clone, Copy, Debug)]
struct Quarantine {
    backoff: Duration,
    probe_at: Instant,
    is_probing: bool,
}

impl Health {
    pub(super) fn new() -> Self {
        Self { ejected_until: Cell::new(None), last_responded: Cell::new(None), quarantine: Cell::new(None) }
    }

    /// A call failed at once, or the replica is shutting down: others are tried first, for a while.
    pub(super) fn eject(&self, now: Instant) {
        self.ejected_until.set(Some(now + EJECTION));
    }

    /// It responded, whatever the response and however late.
    pub(super) fn responded(&self, now: Instant) {
        self.last_responded.set(Some(now));
        self.quarantine.set(None);
    }

    /// A call that began at `began` had no response in time. Only if no other call had one since then does the replica seem
    /// to hang: a slow call alone says nothing about it.
    pub(super) fn timed_out(&self, began: Instant, now: Instant) {
        if self.quarantine.get().is_none() && self.last_responded.get().is_none_or(|last| last < began) {
            self.start_quarantine(QUARANTINE_FIRST, now);
        }
    }

    pub(super) fn probe_failed(&self, now: Instant) {
        if let Some(quarantine) = self.quarantine.get() {
            self.start_quarantine(QUARANTINE_MAX.min(2 * quarantine.backoff), now);
        }
    }

    fn start_quarantine(&self, backoff: Duration, now: Instant) {
        self.quarantine.set(Some(Quarantine { backoff, probe_at: now + backoff, is_probing: false }));
    }

    /// Whether it is to be probed now; true once for each probe.
    pub(super) fn start_probe_if_due(&self, now: Instant) -> bool {
        let Some(quarantine) = self.quarantine.get() else { return false };
        let is_due = !quarantine.is_probing && now >= quarantine.probe_at;
        if is_due {
            self.quarantine.set(Some(Quarantine { is_probing: true, ..quarantine }));
        }
        is_due
    }

    /// Lower is better.
    pub(super) fn rank(&self, now: Instant) -> (bool, bool) {
        let is_ejected = self.ejected_until.get().is_some_and(|until| now < until);
        (self.quarantine.get().is_some(), is_ejected)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND: Duration = Duration::from_secs(1);

    #[test]
    fn a_replica_that_does_not_respond_is_quarantined_for_longer_each_time_until_it_does() {
        let (health, mut now) = (Health::new(), Instant::now());
        health.timed_out(now, now);
        // All the calls that were in flight when it hung are one sign.
        health.timed_out(now, now);
        for seconds in [1, 2, 4, 8, 16, 30, 30] {
            assert!(!health.start_probe_if_due(now + seconds * SECOND - SECOND / 10));
            now += seconds * SECOND;
            assert!(health.start_probe_if_due(now));
            assert!(!health.start_probe_if_due(now + 100 * SECOND), "one probe at a time");
            assert_eq!(health.rank(now), (true, false));
            health.probe_failed(now);
        }
        health.responded(now);
        assert_eq!(health.rank(now), (false, false));
        assert!(!health.start_probe_if_due(now + 100 * SECOND));
        health.probe_failed(now);
        assert_eq!(health.rank(now), (false, false), "it responded while its probe was given up");
    }

    #[test]
    fn slow_calls_alone_do_not_quarantine_a_replica_that_responds_to_others() {
        let (health, began) = (Health::new(), Instant::now());
        health.responded(began + SECOND);
        health.timed_out(began, began + 2 * SECOND);
        assert_eq!(health.rank(began + 2 * SECOND), (false, false));
    }
}

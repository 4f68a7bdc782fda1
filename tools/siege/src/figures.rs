//! What good clients achieved.

use std::time::Duration;

use serde::Serialize;

/// Purchases or log-ins of one client.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Attempts {
    pub(super) offered: u32,
    pub(super) good: u32,
}

/// What good clients achieved in all turns of one kind.
#[derive(Clone, Debug, Default, Serialize)]
pub struct Figures {
    /// Purchases or log-ins that were due.
    pub offered: u32,
    /// Of these, the ones that succeeded in time.
    pub good: u32,
    /// All calls that were sent for them.
    pub calls: usize,
    /// Of these, the ones that succeeded.
    pub done: usize,
    #[serde(skip)]
    took_us: Vec<u64>,
}

impl Figures {
    pub(super) fn add(&mut self, attempts: Attempts, calls: impl Iterator<Item = (bool, Duration)>) {
        self.offered += attempts.offered;
        self.good += attempts.good;
        for (done, took) in calls {
            self.calls += 1;
            self.done += usize::from(done);
            self.took_us.push(u64::try_from(took.as_micros()).unwrap_or(u64::MAX));
        }
    }

    pub(super) fn merge(&mut self, other: Self) {
        self.offered += other.offered;
        self.good += other.good;
        self.calls += other.calls;
        self.done += other.done;
        self.took_us.extend(other.took_us);
    }

    /// The share that succeeded in time; 1 if nothing was due.
    #[must_use]
    pub fn share(&self) -> f64 {
        if self.offered == 0 { 1.0 } else { f64::from(self.good) / f64::from(self.offered) }
    }

    /// The share of calls that succeeded; 1 if there were none.
    #[must_use]
    pub fn calls_done(&self) -> f64 {
        let float = |count: usize| u32::try_from(count).map_or(f64::from(u32::MAX), f64::from);
        if self.calls == 0 { 1.0 } else { float(self.done) / float(self.calls) }
    }

    /// How long this many percent of the calls took at most.
    #[must_use]
    pub fn percentile_ms(&self, percent: usize) -> f64 {
        let mut sorted = self.took_us.clone();
        sorted.sort_unstable();
        let index = (sorted.len() * percent / 100).min(sorted.len().saturating_sub(1));
        let us = sorted.get(index).copied().unwrap_or_default();
        Duration::from_micros(us).as_secs_f64() * 1_000.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shares_and_percentiles_are_of_all_turns() {
        let mut figures = Figures::default();
        for turn in 0..2 {
            let calls = (1..=50).map(|ms| (ms % 2 == 0, Duration::from_millis(ms + turn * 50)));
            figures.add(Attempts { offered: 4, good: 3 }, calls);
        }
        assert!((figures.share() - 0.75).abs() < 1e-9);
        assert!((figures.calls_done() - 0.5).abs() < 1e-9);
        assert!((figures.percentile_ms(50) - 51.0).abs() < 1e-9);
        assert!((figures.percentile_ms(99) - 100.0).abs() < 1e-9);
        assert!((Figures::default().share() - 1.0).abs() < 1e-9);
    }
}

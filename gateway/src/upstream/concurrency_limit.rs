//! How many calls a replica is given at once. It adapts: a service that gets more calls than it can answer in time does most
//! of the work for clients that have gone, and nobody can configure where that point is.
//!
//! A response is late if it takes longer than half of the time that it may take. If some are late, the limit becomes
//! the number of calls that the replica answered in a window as long as that half. By Little's law (calls in flight =
//! calls answered per second × seconds that each takes), with that many in flight each call takes about half of its
//! time. While none is late, the limit rises again step by step, up to what is configured.
//!
//! A quick fall and a slow rise are those of AIMD (D. Chiu, R. Jain, 1989), and late responses as the signal are those
//! of Netflix' concurrency-limits. Here the fall takes a single step, because it is computed from what was answered.

use std::time::Duration;

use tokio::time::Instant;

/// This many are always allowed: fewer would tell too little about what the service can do.
const LIMIT_MIN: usize = 4;
/// The weight of one response in the running mean is one over this.
const MEAN_OVER: u32 = 8;

#[derive(Debug)]
pub(super) struct ConcurrencyLimit {
    limit: usize,
    limit_max: usize,
    in_flight: usize,
    /// A response that takes longer is late; also how long a sample window is.
    late_after: Duration,
    /// A running mean.
    mean_latency: Duration,
    window: SampleWindow,
}

#[derive(Debug)]
struct SampleWindow {
    began: Instant,
    responses: u32,
    any_late: bool,
    in_flight_peak: usize,
}

impl ConcurrencyLimit {
    /// All that is configured, until responses are late.
    pub(super) fn new(limit_max: usize, response_timeout: Duration, now: Instant) -> Self {
        Self {
            limit: limit_max,
            limit_max,
            in_flight: 0,
            late_after: response_timeout / 2,
            mean_latency: Duration::ZERO,
            window: SampleWindow { began: now, responses: 0, any_late: false, in_flight_peak: 0 },
        }
    }

    pub(super) fn get(&self) -> usize {
        self.limit
    }

    pub(super) fn is_reached(&self) -> bool {
        self.in_flight >= self.limit
    }

    /// A call with less time left is not worth sending.
    pub(super) fn mean_latency(&self) -> Duration {
        // A replica that hung for a while must not seem to need all of a call's time forever.
        self.mean_latency.min(self.late_after)
    }

    pub(super) fn begin(&mut self) {
        self.in_flight += 1;
        self.window.in_flight_peak = self.window.in_flight_peak.max(self.in_flight);
    }

    pub(super) fn end(&mut self) {
        self.in_flight = self.in_flight.saturating_sub(1);
    }

    pub(super) fn responded(&mut self, took: Duration, now: Instant) {
        self.window.responses += 1;
        self.window.any_late |= took > self.late_after;
        self.mean_latency = (self.mean_latency * (MEAN_OVER - 1) + took) / MEAN_OVER;
        self.adapt(now);
    }

    pub(super) fn timed_out(&mut self, now: Instant) {
        self.window.any_late = true;
        self.adapt(now);
    }

    /// Sets a new limit if the window is over, and begins the next one.
    fn adapt(&mut self, now: Instant) {
        let lasted = now.saturating_duration_since(self.window.began);
        if lasted < self.late_after {
            return;
        }
        let window = std::mem::replace(
            &mut self.window,
            SampleWindow { began: now, responses: 0, any_late: false, in_flight_peak: self.in_flight },
        );
        if !window.any_late {
            self.limit = self.limit_max.min(self.limit + self.limit.div_ceil(2));
            return;
        }
        let responses = (self.late_after * window.responses).as_nanos().div_ceil(lasted.as_nanos());
        let limit_min = LIMIT_MIN.min(self.limit_max);
        let fits = usize::try_from(responses).unwrap_or(self.limit_max).clamp(limit_min, self.limit_max);
        // A few calls that are slow in themselves are no overload.
        if window.in_flight_peak > fits {
            self.limit = fits;
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::VecDeque;

    use super::*;

    const MS: Duration = Duration::from_millis(1);
    const RESPONSE_TIMEOUT: Duration = Duration::from_millis(2_500);
    const LIMIT_MAX: usize = 256;

    /// A service with a number of slots, which works on each call to its end, whether its caller still waits or not.
    struct Simulated {
        slots: usize,
        work: Duration,
        waiting: VecDeque<Instant>,
        working: VecDeque<(Instant, Instant)>,
        limit: ConcurrencyLimit,
        now: Instant,
        good: usize,
        wasted: usize,
    }

    impl Simulated {
        fn new(slots: usize, work: Duration) -> Self {
            let now = Instant::now();
            let limit = ConcurrencyLimit::new(LIMIT_MAX, RESPONSE_TIMEOUT, now);
            let (waiting, working) = (VecDeque::new(), VecDeque::new());
            Self { slots, work, waiting, working, limit, now, good: 0, wasted: 0 }
        }

        /// Offers this many calls in each millisecond; those above the limit are rejected at once.
        fn run(&mut self, lasts: Duration, mut offered: impl FnMut(u128) -> usize) {
            for ms in 0..lasts.as_millis() {
                self.now += MS;
                for _ in 0..offered(ms) {
                    if !self.limit.is_reached() {
                        self.limit.begin();
                        self.waiting.push_back(self.now);
                    }
                }
                while self.working.len() < self.slots
                    && let Some(sent) = self.waiting.pop_front()
                {
                    self.working.push_back((self.now + self.work, sent));
                }
                while let Some((done, sent)) = self.working.front().copied()
                    && done <= self.now
                {
                    self.working.pop_front();
                    let took = self.now - sent;
                    if took > RESPONSE_TIMEOUT {
                        self.wasted += 1;
                        self.limit.timed_out(self.now);
                    } else {
                        self.good += 1;
                    }
                    self.limit.responded(took, self.now);
                    self.limit.end();
                }
            }
        }
    }

    #[test]
    fn a_service_that_is_offered_ten_times_what_fits_works_for_those_that_wait() {
        for offered_each_ms in [1, 3, 10] {
            // A hundred slots of 100 ms: one call a millisecond.
            let mut service = Simulated::new(100, 100 * MS);
            service.run(20_000 * MS, |_| offered_each_ms);
            assert!(service.good >= 19_000, "{} good of 20,000", service.good);
            assert_eq!(service.wasted, 0, "offered {offered_each_ms} times what fits");
        }
    }

    #[test]
    fn a_service_that_became_slow_is_given_what_it_can_do_after_one_window() {
        // Forty calls a second fit, and 256 are in flight from the first moment: they take six seconds.
        let mut service = Simulated::new(4, 100 * MS);
        service.run(10_000 * MS, |_| 1);
        let lost = service.wasted;
        assert!(lost <= LIMIT_MAX, "{lost} wasted");
        service.run(60_000 * MS, |_| 1);
        assert_eq!(service.wasted, lost, "only those that were in flight before the limit fell");
        assert!(service.good >= 2_300, "{} good of 2,400 that are possible", service.good);
    }

    #[test]
    fn a_healthy_service_is_given_all_that_is_configured() {
        let mut service = Simulated::new(LIMIT_MAX, 100 * MS);
        service.run(20_000 * MS, |_| 3);
        assert_eq!((service.limit.get(), service.wasted), (LIMIT_MAX, 0));
    }

    #[test]
    fn a_few_calls_that_are_slow_in_themselves_are_no_overload() {
        let mut service = Simulated::new(LIMIT_MAX, 2_000 * MS);
        service.run(60_000 * MS, |ms| usize::from(ms % 1_000 == 0));
        assert_eq!((service.limit.get(), service.good), (LIMIT_MAX, 58));
    }

    #[test]
    fn the_limit_rises_to_its_maximum_after_a_service_hung() {
        let mut service = Simulated::new(0, 10 * MS);
        service.run(5_000 * MS, |_| 1);
        service.limit.timed_out(service.now);
        assert_eq!(service.limit.get(), LIMIT_MIN);
        assert!(service.limit.mean_latency() <= RESPONSE_TIMEOUT / 2);
        service.slots = LIMIT_MAX;
        service.run(20_000 * MS, |_| 1);
        assert_eq!(service.limit.get(), LIMIT_MAX);
    }
}

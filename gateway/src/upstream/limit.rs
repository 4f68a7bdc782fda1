//! How many calls a replica is given at a time. It adapts: a service that is given more than it can do in time does most of
//! it for nobody, and how much that is nobody can configure.
//!
//! By Little's law a service that answers so many calls in a stretch of time has just as many under way where each takes that
//! stretch. So where answers are late (they take longer than the half of the time that they may take), the replica is given
//! as many calls as it answered within such a half; where none is late, step by step more again, up to what is configured.
//! Late answers as the sign, and a slow rise after a quick fall, are those of AIMD (D. Chiu, R. Jain, 1989) as Netflix'
//! concurrency-limits has it; the fall goes by what was answered, so that it takes one step.

use std::time::Duration;

use tokio::time::Instant;

/// So many are always allowed: fewer would tell too little of what it can do.
const LEAST: usize = 4;
/// One answer of so many counts as much as all before it together count less.
const USUAL_OF: u32 = 8;

#[derive(Debug)]
pub(super) struct Limit {
    limit: usize,
    most: usize,
    in_use: usize,
    /// An answer that takes longer is late; how long a look at the answers lasts.
    patience: Duration,
    /// How long an answer takes, as a running mean.
    usual: Duration,
    look: Look,
}

/// What was seen since it began.
#[derive(Debug)]
struct Look {
    began: Instant,
    answers: u32,
    any_late: bool,
    /// The most that were under way.
    peak: usize,
}

impl Limit {
    /// The whole of what is configured, until answers are late.
    pub(super) fn new(most: usize, answer_max: Duration, now: Instant) -> Self {
        let look = Look { began: now, answers: 0, any_late: false, peak: 0 };
        Self { limit: most, most, in_use: 0, patience: answer_max / 2, usual: Duration::ZERO, look }
    }

    pub(super) fn get(&self) -> usize {
        self.limit
    }

    pub(super) fn is_reached(&self) -> bool {
        self.in_use >= self.limit
    }

    /// A call with less time left is not worth its beginning.
    pub(super) fn usual(&self) -> Duration {
        // A replica that hung for a while must not seem to need all of a call's time for ever.
        self.usual.min(self.patience)
    }

    pub(super) fn begin(&mut self) {
        self.in_use += 1;
        self.look.peak = self.look.peak.max(self.in_use);
    }

    pub(super) fn end(&mut self) {
        self.in_use = self.in_use.saturating_sub(1);
    }

    pub(super) fn answered(&mut self, took: Duration, now: Instant) {
        self.look.answers += 1;
        self.look.any_late |= took > self.patience;
        self.usual = (self.usual * (USUAL_OF - 1) + took) / USUAL_OF;
        self.learn(now);
    }

    pub(super) fn timed_out(&mut self, now: Instant) {
        self.look.any_late = true;
        self.learn(now);
    }

    fn learn(&mut self, now: Instant) {
        let lasted = now.saturating_duration_since(self.look.began);
        if lasted < self.patience {
            return;
        }
        let look = std::mem::replace(
            &mut self.look,
            Look { began: now, answers: 0, any_late: false, peak: self.in_use },
        );
        if !look.any_late {
            self.limit = self.most.min(self.limit + self.limit.div_ceil(2));
            return;
        }
        let answers = (self.patience * look.answers).as_nanos().div_ceil(lasted.as_nanos());
        let fits = usize::try_from(answers).unwrap_or(self.most).clamp(LEAST.min(self.most), self.most);
        // Few calls that are slow by themselves are no crowd.
        if look.peak > fits {
            self.limit = fits;
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::VecDeque;

    use super::*;

    const MS: Duration = Duration::from_millis(1);
    const ANSWER_MAX: Duration = Duration::from_millis(2_500);
    const MOST: usize = 256;

    /// A service with so many slots, which works on each call to its end, whoever still waits for it.
    struct Simulated {
        slots: usize,
        work: Duration,
        waiting: VecDeque<Instant>,
        working: VecDeque<(Instant, Instant)>,
        limit: Limit,
        now: Instant,
        good: usize,
        for_nobody: usize,
    }

    impl Simulated {
        fn new(slots: usize, work: Duration) -> Self {
            let now = Instant::now();
            let limit = Limit::new(MOST, ANSWER_MAX, now);
            let (waiting, working) = (VecDeque::new(), VecDeque::new());
            Self { slots, work, waiting, working, limit, now, good: 0, for_nobody: 0 }
        }

        /// So many calls are offered in each millisecond; those above the limit are refused at once.
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
                    if took > ANSWER_MAX {
                        self.for_nobody += 1;
                        self.limit.timed_out(self.now);
                    } else {
                        self.good += 1;
                    }
                    self.limit.answered(took, self.now);
                    self.limit.end();
                }
            }
        }
    }

    #[test]
    fn a_service_that_is_offered_ten_times_what_fits_works_for_those_who_wait() {
        for offered_each_ms in [1, 3, 10] {
            // A hundred slots of 100 ms: one call a millisecond.
            let mut service = Simulated::new(100, 100 * MS);
            service.run(20_000 * MS, |_| offered_each_ms);
            assert!(service.good >= 19_000, "{} good of 20,000", service.good);
            assert_eq!(service.for_nobody, 0, "offered {offered_each_ms} times what fits");
        }
    }

    #[test]
    fn a_service_that_became_slow_is_given_what_it_can_do_after_one_look() {
        // Forty calls a second, of which 256 are under way from the first moment: they take six seconds.
        let mut service = Simulated::new(4, 100 * MS);
        service.run(10_000 * MS, |_| 1);
        let lost = service.for_nobody;
        assert!(lost <= MOST, "{lost} for nobody");
        service.run(60_000 * MS, |_| 1);
        assert_eq!(service.for_nobody, lost, "only those that were under way when it was not known yet");
        assert!(service.good >= 2_300, "{} good of 2,400 that could be", service.good);
    }

    #[test]
    fn a_healthy_service_is_given_all_that_is_configured() {
        let mut service = Simulated::new(MOST, 100 * MS);
        service.run(20_000 * MS, |_| 3);
        assert_eq!((service.limit.get(), service.for_nobody), (MOST, 0));
    }

    #[test]
    fn a_few_calls_that_are_slow_by_themselves_are_no_crowd() {
        let mut service = Simulated::new(MOST, 2_000 * MS);
        service.run(60_000 * MS, |ms| usize::from(ms % 1_000 == 0));
        assert_eq!((service.limit.get(), service.good), (MOST, 58));
    }

    #[test]
    fn after_a_service_hung_all_of_it_comes_back() {
        let mut service = Simulated::new(0, 10 * MS);
        service.run(5_000 * MS, |_| 1);
        service.limit.timed_out(service.now);
        assert_eq!(service.limit.get(), LEAST);
        assert!(service.limit.usual() <= ANSWER_MAX / 2);
        service.slots = MOST;
        service.run(20_000 * MS, |_| 1);
        assert_eq!(service.limit.get(), MOST);
    }
}

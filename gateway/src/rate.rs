//! How fast one address or one user may ask.

use std::{hash::Hash, sync::Arc};

use governor::{DefaultDirectRateLimiter, Quota, RateLimiter, clock::Clock, clock::DefaultClock};
use quick_cache::sync::Cache;

use crate::config::Rate;

/// How many askers are counted at a time, each in some 200 bytes. Whoever has not asked for the longest time is
/// forgotten first, and begins anew; one who keeps asking is kept.
const ASKERS_MAX: usize = 100_000;

/// Counts the requests of each asker.
pub(crate) struct RateLimit<Asker> {
    quota: Quota,
    clock: DefaultClock,
    askers: Cache<Asker, Arc<DefaultDirectRateLimiter>>,
}

/// The asker is too fast, and may ask again after this many seconds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct TooFast {
    pub(crate) retry_after_s: u64,
}

impl<Asker: Eq + Hash + Clone> RateLimit<Asker> {
    pub(crate) fn new(rate: Rate) -> Self {
        Self {
            quota: Quota::per_second(rate.per_s).allow_burst(rate.burst),
            clock: DefaultClock::default(),
            askers: Cache::new(ASKERS_MAX),
        }
    }

    /// Counts a request.
    pub(crate) fn check(&self, asker: &Asker) -> Result<(), TooFast> {
        let limiter = self.askers.get(asker).unwrap_or_else(|| self.first_of(asker));
        limiter.check().map_err(|until| {
            let wait = until.wait_time_from(self.clock.now());
            TooFast { retry_after_s: wait.as_secs() + 1 }
        })
    }

    fn first_of(&self, asker: &Asker) -> Arc<DefaultDirectRateLimiter> {
        let limiter = Arc::new(RateLimiter::direct_with_clock(self.quota, self.clock.clone()));
        // Where another request of the same asker was quicker, its count holds for both.
        match self
            .askers
            .get_or_insert_with(asker, || Ok::<_, std::convert::Infallible>(Arc::clone(&limiter)))
        {
            Ok(kept) => kept,
            Err(never) => match never {},
        }
    }
}

#[cfg(test)]
mod tests {
    use std::num::NonZeroU32;

    use super::*;

    fn limit(per_s: u32, burst: u32) -> RateLimit<u32> {
        RateLimit::new(Rate {
            per_s: NonZeroU32::new(per_s).unwrap(),
            burst: NonZeroU32::new(burst).unwrap(),
        })
    }

    #[test]
    fn whoever_was_quiet_may_ask_a_burst_and_is_told_when_to_come_again() {
        let limit = limit(1, 3);
        for _ in 0..3 {
            assert_eq!(limit.check(&1), Ok(()));
        }
        assert_eq!(limit.check(&1), Err(TooFast { retry_after_s: 1 }));
    }

    #[test]
    fn one_asker_does_not_use_up_anothers_share() {
        let limit = limit(1, 1);
        assert_eq!(limit.check(&1), Ok(()));
        assert!(limit.check(&1).is_err());
        assert_eq!(limit.check(&2), Ok(()));
    }

    #[test]
    fn a_crowd_of_askers_is_forgotten_rather_than_kept_without_bound() {
        let limit = limit(1, 1);
        for asker in 0..300_000 {
            assert_eq!(limit.check(&asker), Ok(()), "asker {asker}");
        }
        assert!(limit.askers.len() <= ASKERS_MAX, "{} askers are kept", limit.askers.len());
    }
}

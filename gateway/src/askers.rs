//! How much each address or user asks for: in a second, and at a time.

use std::{
    convert::Infallible,
    hash::Hash,
    num::NonZeroU32,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
};

use governor::{DefaultDirectRateLimiter, Quota, RateLimiter, clock::Clock, clock::DefaultClock};
use quick_cache::sync::Cache;

use crate::config::Rate;

/// How many askers are counted at a time, each in some 200 bytes. Whoever has not asked for the longest time is
/// forgotten first, and begins anew; one who keeps asking is kept.
const ASKERS_MAX: usize = 100_000;

/// All askers of one kind.
pub(crate) struct Askers<Key> {
    rate: Option<Rate>,
    under_way_max: Option<usize>,
    clock: DefaultClock,
    known: Cache<Key, Arc<Asker>>,
}

/// One asker. Nothing of it is shared with another, so counting is a few atomic steps.
pub(crate) struct Asker {
    bucket: Option<DefaultDirectRateLimiter>,
    under_way: AtomicUsize,
    /// What it has sent of bodies that are not dealt with yet.
    pub(crate) body_bytes: AtomicUsize,
}

/// The asker is too fast, and may ask again after this many seconds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct TooFast {
    pub(crate) retry_after_s: u64,
}

/// The asker has as much under way as it may have.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct TooMany;

impl<Key: Eq + Hash + Clone> Askers<Key> {
    /// Without limits where there are none.
    pub(crate) fn new(rate: Option<Rate>, under_way_max: Option<usize>) -> Self {
        Self { rate, under_way_max, clock: DefaultClock::default(), known: Cache::new(ASKERS_MAX) }
    }

    /// What is known of an asker.
    pub(crate) fn of(&self, key: &Key) -> Arc<Asker> {
        self.known.get(key).unwrap_or_else(|| {
            // Where another request of the same asker was quicker, its count holds for both.
            match self.known.get_or_insert_with(key, || Ok::<_, Infallible>(Arc::new(self.first()))) {
                Ok(asker) => asker,
                Err(never) => match never {},
            }
        })
    }

    fn first(&self) -> Asker {
        let quota = self.rate.map(|rate| Quota::per_second(rate.per_s).allow_burst(rate.burst));
        let bucket = quota.map(|quota| RateLimiter::direct_with_clock(quota, self.clock.clone()));
        Asker { bucket, under_way: AtomicUsize::new(0), body_bytes: AtomicUsize::new(0) }
    }

    /// Takes what a request costs; one that costs more than a whole burst takes that.
    pub(crate) fn charge(&self, asker: &Asker, cost: u32) -> Result<(), TooFast> {
        let (Some(bucket), Some(rate), Some(cost)) = (&asker.bucket, self.rate, NonZeroU32::new(cost)) else {
            return Ok(());
        };
        match bucket.check_n(cost.min(rate.burst)) {
            Ok(Err(until)) => {
                let wait = until.wait_time_from(self.clock.now());
                Err(TooFast { retry_after_s: wait.as_secs() + 1 })
            }
            Ok(Ok(())) | Err(_) => Ok(()),
        }
    }

    /// One more is under way, as long as the answer lives.
    pub(crate) fn begin(&self, asker: &Arc<Asker>) -> Result<UnderWay, TooMany> {
        let before = asker.under_way.fetch_add(1, Ordering::Relaxed);
        let under_way = UnderWay(Arc::clone(asker));
        match self.under_way_max {
            Some(most) if before >= most => Err(TooMany),
            _ => Ok(under_way),
        }
    }
}

/// A request of an asker that is under way until this is dropped.
pub(crate) struct UnderWay(Arc<Asker>);

impl Drop for UnderWay {
    fn drop(&mut self) {
        self.0.under_way.fetch_sub(1, Ordering::Relaxed);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn limit(per_s: u32, burst: u32) -> Askers<u32> {
        let [per_s, burst] = [per_s, burst].map(|number| NonZeroU32::new(number).unwrap());
        Askers::new(Some(Rate { per_s, burst }), Some(2))
    }

    fn ask(askers: &Askers<u32>, asker: u32, cost: u32) -> Result<(), TooFast> {
        askers.charge(&askers.of(&asker), cost)
    }

    #[test]
    fn whoever_was_quiet_may_ask_a_burst_and_is_told_when_to_come_again() {
        let askers = limit(1, 30);
        assert_eq!(ask(&askers, 1, 10), Ok(()));
        assert_eq!(ask(&askers, 1, 20), Ok(()));
        let told = ask(&askers, 1, 5).unwrap_err().retry_after_s;
        assert!((4..=6).contains(&told), "after {told} seconds");
    }

    #[test]
    fn what_costs_more_than_a_burst_is_not_refused_for_ever() {
        let askers = limit(1, 3);
        assert_eq!(ask(&askers, 1, 50), Ok(()));
        assert!(ask(&askers, 1, 1).is_err());
    }

    #[test]
    fn one_asker_does_not_use_up_anothers_share() {
        let askers = limit(1, 1);
        assert_eq!(ask(&askers, 1, 1), Ok(()));
        assert!(ask(&askers, 1, 1).is_err());
        assert_eq!(ask(&askers, 2, 1), Ok(()));
    }

    #[test]
    fn so_many_of_one_asker_are_under_way_and_the_next_when_one_has_ended() {
        let askers = limit(1, 1);
        let asker = askers.of(&1);
        let (one, _other) = (askers.begin(&asker), askers.begin(&asker));
        for _ in 0..3 {
            assert_eq!(askers.begin(&asker).err(), Some(TooMany));
        }
        drop(one);
        assert!(askers.begin(&asker).is_ok());
    }

    #[test]
    fn a_crowd_of_askers_is_forgotten_rather_than_kept_without_bound() {
        let askers = limit(1, 1);
        for asker in 0..300_000 {
            assert_eq!(ask(&askers, asker, 1), Ok(()), "asker {asker}");
        }
        assert!(askers.known.len() <= ASKERS_MAX, "{} askers are kept", askers.known.len());
    }
}

//! How much each client, an address or a user, may ask for: in a second, and at once.

use std::{
    convert::Infallible,
    hash::Hash,
    num::NonZeroU32,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
};

use governor::{
    DefaultDirectRateLimiter, Quota, RateLimiter, clock::Clock, clock::DefaultClock,
    middleware::StateInformationMiddleware,
};
use quick_cache::sync::Cache;

use crate::config::Rate;

/// How many clients are counted at once, each in some 200 bytes. The one that has not asked for the longest time is evicted
/// first, and starts from zero again; one that keeps asking is kept.
const CLIENTS_MAX: usize = 100_000;

/// The limits of one kind of client, and what each client uses of them.
pub(crate) struct ClientLimits<Key> {
    rate: Option<Rate>,
    in_flight_max: Option<usize>,
    clock: DefaultClock,
    usages: Cache<Key, Arc<ClientUsage>>,
}

/// What one client uses. It shares nothing with others, so counting takes a few atomic operations.
pub(crate) struct ClientUsage {
    bucket: Option<DefaultDirectRateLimiter<StateInformationMiddleware>>,
    in_flight: AtomicUsize,
    /// Bytes of its request bodies that are in memory.
    pub(crate) body_bytes: AtomicUsize,
}

/// What a client may still ask for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Allowance {
    /// At once, in costs, rounded down.
    pub(crate) remaining: u32,
    /// After how many seconds without a request it is a whole burst again, rounded up.
    pub(crate) full_after_s: u32,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct RateExceeded {
    pub(crate) retry_after_s: u64,
    /// Less than the request costs.
    pub(crate) allowance: Allowance,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct ConcurrencyExceeded;

impl<Key: Eq + Hash + Clone> ClientLimits<Key> {
    /// None is no limit.
    pub(crate) fn new(rate: Option<Rate>, in_flight_max: Option<usize>) -> Self {
        Self { rate, in_flight_max, clock: DefaultClock::default(), usages: Cache::new(CLIENTS_MAX) }
    }

    pub(crate) fn usage_of(&self, key: &Key) -> Arc<ClientUsage> {
        self.usages.get(key).unwrap_or_else(|| {
            // If another request of the same client was faster, its usage counts for both.
            match self.usages.get_or_insert_with(key, || Ok::<_, Infallible>(Arc::new(self.unused()))) {
                Ok(usage) => usage,
                Err(never) => match never {},
            }
        })
    }

    fn unused(&self) -> ClientUsage {
        let quota = self.rate.map(|rate| Quota::per_second(rate.per_s).allow_burst(rate.burst));
        let bucket =
            quota.map(|quota| RateLimiter::direct_with_clock(quota, self.clock.clone()).with_middleware());
        ClientUsage { bucket, in_flight: AtomicUsize::new(0), body_bytes: AtomicUsize::new(0) }
    }

    /// Takes what a request costs; one that costs more than a whole burst takes the whole burst. None if there is no limit, or
    /// nothing to take.
    pub(crate) fn charge(&self, usage: &ClientUsage, cost: u32) -> Result<Option<Allowance>, RateExceeded> {
        let (Some(bucket), Some(rate), Some(cost)) = (&usage.bucket, self.rate, NonZeroU32::new(cost)) else {
            return Ok(None);
        };
        let cost = cost.min(rate.burst);
        match bucket.check_n(cost) {
            Ok(Ok(state)) => Ok(Some(Allowance::of(rate, state.remaining_burst_capacity()))),
            Ok(Err(until)) => {
                let wait = until.wait_time_from(self.clock.now());
                let missing = wait.as_nanos().div_ceil(until.quota().replenish_interval().as_nanos());
                // At least 1, also if it has come back since the decision.
                let missing = u32::try_from(missing).unwrap_or(u32::MAX).max(1);
                let allowance = Allowance::of(rate, cost.get().saturating_sub(missing));
                Err(RateExceeded { retry_after_s: wait.as_secs() + 1, allowance })
            }
            // It costs no more than a burst.
            Err(_) => Ok(None),
        }
    }

    /// Counts one more request as in flight.
    pub(crate) fn begin(&self, usage: &Arc<ClientUsage>) -> Result<InFlight, ConcurrencyExceeded> {
        let before = usage.in_flight.fetch_add(1, Ordering::Relaxed);
        let in_flight = InFlight(Arc::clone(usage));
        match self.in_flight_max {
            Some(max) if before >= max => Err(ConcurrencyExceeded),
            _ => Ok(in_flight),
        }
    }
}

impl Allowance {
    fn of(rate: Rate, remaining: u32) -> Self {
        let full_after_s = rate.burst.get().saturating_sub(remaining).div_ceil(rate.per_s.get());
        Self { remaining, full_after_s }
    }
}

/// A request that is in flight until this is dropped.
pub(crate) struct InFlight(Arc<ClientUsage>);

impl Drop for InFlight {
    fn drop(&mut self) {
        self.0.in_flight.fetch_sub(1, Ordering::Relaxed);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn limits(per_s: u32, burst: u32) -> ClientLimits<u32> {
        let [per_s, burst] = [per_s, burst].map(|number| NonZeroU32::new(number).unwrap());
        ClientLimits::new(Some(Rate { per_s, burst }), Some(2))
    }

    fn ask(limits: &ClientLimits<u32>, client: u32, cost: u32) -> Result<(), RateExceeded> {
        limits.charge(&limits.usage_of(&client), cost).map(|_| ())
    }

    fn allowance(remaining: u32, full_after_s: u32) -> Allowance {
        Allowance { remaining, full_after_s }
    }

    #[test]
    fn a_client_that_was_quiet_may_ask_for_a_burst_and_learns_when_to_retry() {
        let limits = limits(1, 30);
        assert_eq!(ask(&limits, 1, 10), Ok(()));
        assert_eq!(ask(&limits, 1, 20), Ok(()));
        let after_s = ask(&limits, 1, 5).unwrap_err().retry_after_s;
        assert!((4..=6).contains(&after_s), "after {after_s} seconds");
    }

    /// The rate is so low that hardly anything comes back meanwhile.
    #[test]
    fn a_client_learns_what_it_may_still_ask_for_and_when_that_is_a_whole_burst_again() {
        let limits = limits(1, 1_000_000);
        let usage = limits.usage_of(&1);
        let charged = limits.charge(&usage, 400_000);
        assert_eq!(charged, Ok(Some(allowance(600_000, 400_000))));
        assert_eq!(limits.charge(&usage, 0), Ok(None), "nothing is taken");

        let refused = limits.charge(&usage, 700_000).unwrap_err().allowance;
        assert!((600_000..600_100).contains(&refused.remaining), "{refused:?}");
        assert_eq!(refused.full_after_s, 1_000_000 - refused.remaining);
    }

    #[test]
    fn if_there_is_no_limit_there_is_no_allowance() {
        let limits = ClientLimits::new(None, None);
        assert_eq!(limits.charge(&limits.usage_of(&1), 5), Ok(None));
    }

    #[test]
    fn what_costs_more_than_a_burst_is_not_rejected_forever() {
        let limits = limits(1, 3);
        assert_eq!(ask(&limits, 1, 50), Ok(()));
        assert!(ask(&limits, 1, 1).is_err());
    }

    #[test]
    fn one_client_does_not_use_up_anothers_share() {
        let limits = limits(1, 1);
        assert_eq!(ask(&limits, 1, 1), Ok(()));
        assert!(ask(&limits, 1, 1).is_err());
        assert_eq!(ask(&limits, 2, 1), Ok(()));
    }

    #[test]
    fn a_client_has_a_bounded_number_in_flight_and_the_next_when_one_has_ended() {
        let limits = limits(1, 1);
        let usage = limits.usage_of(&1);
        let (one, _other) = (limits.begin(&usage), limits.begin(&usage));
        for _ in 0..3 {
            assert_eq!(limits.begin(&usage).err(), Some(ConcurrencyExceeded));
        }
        drop(one);
        assert!(limits.begin(&usage).is_ok());
    }

    #[test]
    fn many_clients_are_evicted_rather_than_kept_without_bound() {
        let limits = limits(1, 1);
        for client in 0..300_000 {
            assert_eq!(ask(&limits, client, 1), Ok(()), "client {client}");
        }
        assert!(limits.usages.len() <= CLIENTS_MAX, "{} clients are kept", limits.usages.len());
    }
}

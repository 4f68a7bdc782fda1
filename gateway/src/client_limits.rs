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

use governor::{DefaultDirectRateLimiter, Quota, RateLimiter, clock::Clock, clock::DefaultClock};
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
    bucket: Option<DefaultDirectRateLimiter>,
    in_flight: AtomicUsize,
    /// Bytes of its request bodies that are in memory.
    pub(crate) body_bytes: AtomicUsize,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct RateExceeded {
    pub(crate) retry_after_s: u64,
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
        let bucket = quota.map(|quota| RateLimiter::direct_with_clock(quota, self.clock.clone()));
        ClientUsage { bucket, in_flight: AtomicUsize::new(0), body_bytes: AtomicUsize::new(0) }
    }

    /// Takes what a request costs; one that costs more than a whole burst takes the whole burst.
    pub(crate) fn charge(&self, usage: &ClientUsage, cost: u32) -> Result<(), RateExceeded> {
        let (Some(bucket), Some(rate), Some(cost)) = (&usage.bucket, self.rate, NonZeroU32::new(cost)) else {
            return Ok(());
        };
        match bucket.check_n(cost.min(rate.burst)) {
            Ok(Err(until)) => {
                let wait = until.wait_time_from(self.clock.now());
                Err(RateExceeded { retry_after_s: wait.as_secs() + 1 })
            }
            Ok(Ok(())) | Err(_) => Ok(()),
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
        limits.charge(&limits.usage_of(&client), cost)
    }

    #[test]
    fn a_client_that_was_quiet_may_ask_for_a_burst_and_learns_when_to_retry() {
        let limits = limits(1, 30);
        assert_eq!(ask(&limits, 1, 10), Ok(()));
        assert_eq!(ask(&limits, 1, 20), Ok(()));
        let after_s = ask(&limits, 1, 5).unwrap_err().retry_after_s;
        assert!((4..=6).contains(&after_s), "after {after_s} seconds");
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

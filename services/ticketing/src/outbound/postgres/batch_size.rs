//! How many bookings share a transaction at most. It adapts: a transaction that takes longer than it may books nothing for
//! anybody, and how many fit depends on how quick Postgres is just now.

use std::{
    sync::atomic::{AtomicUsize, Ordering},
    time::Duration,
};

/// Bookings that share one transaction while Postgres is healthy.
const MOST: usize = 256;
/// A transaction that takes longer has too many: others wait behind it, and it is on its way to its own time-out.
const SLOW: Duration = Duration::from_millis(300);

/// Halved if a transaction is slow, doubled if a full one is not.
#[derive(Debug)]
pub(super) struct BatchSize(AtomicUsize);

impl BatchSize {
    pub(super) fn new() -> Self {
        Self(AtomicUsize::new(MOST))
    }

    pub(super) fn get(&self) -> usize {
        self.0.load(Ordering::Relaxed)
    }

    /// A transaction with this many bookings ended after this time, whatever its result. One with a single booking says nothing:
    /// whatever it waited for, it was no other booking of its own.
    pub(super) fn learn(&self, bookings: usize, took: Duration) {
        let size = self.get();
        let next = if took > SLOW && bookings > 1 {
            size.min(bookings) / 2
        } else if took <= SLOW && bookings >= size {
            MOST.min(size * 2)
        } else {
            size
        };
        self.0.store(next, Ordering::Relaxed);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn slow_transactions_are_made_smaller_until_they_fit_and_larger_again_when_more_fit() {
        let size = BatchSize::new();
        let run = |times: usize, a_booking_takes: Duration| {
            for _ in 0..times {
                let bookings = size.get();
                size.learn(bookings, a_booking_takes * u32::try_from(bookings).unwrap());
            }
            size.get()
        };
        assert!(run(10, Duration::from_millis(20)) <= 16);
        assert_eq!(run(10, Duration::from_secs(20)), 1, "never none");
        assert_eq!(run(10, Duration::from_micros(100)), MOST);
    }

    #[test]
    fn a_small_transaction_that_is_quick_says_nothing_of_larger_ones() {
        let size = BatchSize::new();
        size.learn(40, 2 * SLOW);
        assert_eq!(size.get(), 20);
        size.learn(3, SLOW / 2);
        size.learn(1, 2 * SLOW);
        assert_eq!(size.get(), 20);
    }
}

//! When clients arrive in an open loop: a Poisson process, the same for the same seed.

use std::time::Duration;

use rand::{Rng, SeedableRng, rngs::SmallRng};

/// The times of arrival, counted from the start, without end.
pub(crate) struct Arrivals {
    random: SmallRng,
    pause_mean: Duration,
    last: Duration,
}

impl Arrivals {
    /// The average rate must be more than 0.
    pub(crate) fn new(rate_per_s: f64, seed: u64) -> Self {
        let pause_mean = Duration::try_from_secs_f64(1.0 / rate_per_s).unwrap_or(Duration::MAX);
        Self { random: SmallRng::seed_from_u64(seed), pause_mean, last: Duration::ZERO }
    }
}

impl Iterator for Arrivals {
    type Item = Duration;

    fn next(&mut self) -> Option<Duration> {
        self.last = self.last.checked_add(exponential(&mut self.random, self.pause_mean))?;
        Some(self.last)
    }
}

/// An exponentially distributed time with this mean, as between events that happen independently of each other.
pub(crate) fn exponential(random: &mut impl Rng, mean: Duration) -> Duration {
    // 1 - u is never 0, the logarithm of which would be infinite.
    let factor = -(1.0 - random.random::<f64>()).ln();
    Duration::try_from_secs_f64(mean.as_secs_f64() * factor).unwrap_or(mean)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_seed_gives_the_same_arrivals() {
        let of = |seed| Arrivals::new(100.0, seed).take(50).collect::<Vec<_>>();
        assert_eq!(of(7), of(7));
        assert_ne!(of(7), of(8));
        assert!(of(7).is_sorted());
    }

    #[test]
    fn as_many_arrive_as_the_rate_says_and_unevenly() {
        let times: Vec<Duration> = Arrivals::new(1000.0, 1).take_while(|it| it.as_secs() < 20).collect();
        // 20,000 are expected; their standard deviation is 141.
        assert!((19_000..21_000).contains(&times.len()), "{}", times.len());
        let pauses: Vec<f64> = times.windows(2).map(|pair| (pair[1] - pair[0]).as_secs_f64()).collect();
        // A share of 1/e of exponential pauses is longer than their mean.
        let longer = pauses.iter().filter(|pause| **pause > 0.001).count();
        let share =
            f64::from(u32::try_from(longer).unwrap()) / f64::from(u32::try_from(pauses.len()).unwrap());
        assert!((share - 0.368).abs() < 0.02, "{share}");
    }
}

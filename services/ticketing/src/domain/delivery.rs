//! When a notification that could not be sent is tried again, and when it is given up.

use std::time::Duration;

const FIRST_PAUSE: Duration = Duration::from_secs(1);
const LONGEST_PAUSE: Duration = Duration::from_secs(3_600);

/// The pause before the next try, after this many before: each is twice as long as the last one, up to an hour. A random
/// byte takes up to a quarter of it away, so that what failed together is not tried together for ever.
#[must_use]
pub fn pause_after(tries_before: u32, random: u8) -> Duration {
    let doubled = FIRST_PAUSE.saturating_mul(2_u32.saturating_pow(tries_before)).min(LONGEST_PAUSE);
    doubled - doubled / 4 * u32::from(random) / u32::from(u8::MAX)
}

/// Whether a notification of this age that failed once more is given up, if it may wait this long.
#[must_use]
pub fn is_given_up(age: Duration, age_max: Duration) -> bool {
    age >= age_max
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pauses_double_from_a_second_to_an_hour() {
        let pauses: Vec<u64> = (0..14).map(|tries| pause_after(tries, 0).as_secs()).collect();
        assert_eq!(pauses, [1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 1024, 2048, 3600, 3600]);
        assert_eq!(pause_after(u32::MAX, 0), LONGEST_PAUSE);
    }

    #[test]
    fn chance_takes_up_to_a_quarter_away() {
        assert_eq!(pause_after(3, u8::MAX), Duration::from_secs(6));
        assert!(pause_after(3, 100) > Duration::from_secs(6) && pause_after(3, 100) < Duration::from_secs(8));
    }

    #[test]
    fn a_notification_is_given_up_at_its_age() {
        let day = Duration::from_secs(86_400);
        assert!(!is_given_up(day - Duration::from_millis(1), day));
        assert!(is_given_up(day, day));
    }
}

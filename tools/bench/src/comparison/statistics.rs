//! Medians, and how far they can be trusted.

/// How often the true median may lie outside of the interval.
const ERROR_MAX: f64 = 0.05;

/// 0 if there are none.
pub(crate) fn median(figures: &[f64]) -> f64 {
    let sorted = sorted(figures);
    let middle = sorted.len() / 2;
    match (sorted.get(middle.wrapping_sub(1)), sorted.get(middle)) {
        (Some(low), Some(high)) if sorted.len().is_multiple_of(2) => f64::midpoint(*low, *high),
        (_, Some(middle)) => *middle,
        (_, None) => 0.0,
    }
}

/// The minimum and the maximum; none if there are no figures.
pub(super) fn range(figures: &[f64]) -> Option<(f64, f64)> {
    let sorted = sorted(figures);
    Some((*sorted.first()?, *sorted.last()?))
}

/// Where the true median lies in 95 of 100 such measurements, however the figures are distributed: each is above or below it
/// with equal probability, so that the ends are found from a binomial distribution (Conover, *Practical Nonparametric
/// Statistics*, confidence interval of a quantile). With fewer than six figures, which cannot tell, it is their range.
pub(super) fn interval(figures: &[f64]) -> Option<(f64, f64)> {
    let sorted = sorted(figures);
    let count = sorted.len();
    let outside = outside(count);
    Some((*sorted.get(outside)?, *sorted.get(count.checked_sub(outside + 1)?)?))
}

/// How many figures may be left out on each side.
fn outside(count: usize) -> usize {
    let mut probability = 0.5_f64.powi(i32::try_from(count).unwrap_or(i32::MAX));
    let mut tail = probability;
    let mut outside = 0;
    while 2.0 * tail <= ERROR_MAX && 2 * (outside + 1) < count {
        let (left, next) = (ratio(count - outside), ratio(outside + 1));
        probability *= left / next;
        tail += probability;
        if 2.0 * tail > ERROR_MAX {
            break;
        }
        outside += 1;
    }
    outside
}

fn ratio(count: usize) -> f64 {
    u32::try_from(count).map_or(f64::MAX, f64::from)
}

fn sorted(figures: &[f64]) -> Vec<f64> {
    let mut sorted = figures.to_vec();
    sorted.sort_by(f64::total_cmp);
    sorted
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_median_is_in_the_middle() {
        let near = |one: f64, other: f64| (one - other).abs() < 1e-9;
        assert!(near(median(&[3.0, 1.0, 2.0]), 2.0));
        assert!(near(median(&[4.0, 1.0, 2.0, 3.0]), 2.5));
        assert!(near(median(&[7.0]), 7.0));
        assert!(near(median(&[]), 0.0));
    }

    /// The positions are those of the usual tables for the sign test.
    #[test]
    fn the_interval_leaves_out_what_a_coin_would() {
        let table = [(1, 0), (5, 0), (6, 0), (8, 0), (9, 1), (10, 1), (12, 2), (15, 3), (20, 5), (40, 13)];
        for (count, left_out) in table {
            assert_eq!(outside(count), left_out, "{count}");
        }
        let figures: Vec<f64> = (1..=10).rev().map(f64::from).collect();
        assert_eq!(interval(&figures), Some((2.0, 9.0)));
        assert_eq!(interval(&[3.0, 1.0]), Some((1.0, 3.0)));
        assert_eq!(interval(&[]), None);
    }
}

//! What admins see of an event's counts.

use booked_ids::EventId;

/// The counts of an event. Facts arrive in any order, so for a moment a count may be lower than is possible, even
/// negative; the figures never show that.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sales {
    pub event: EventId,
    pub total_seats: u32,
    /// Tickets ever booked.
    pub ever_booked: i64,
    /// How many of the tickets ever booked were cancelled.
    pub cancelled: i64,
    /// Tickets that were booked today and not cancelled.
    pub booked_today: i64,
}

impl Sales {
    #[must_use]
    pub fn sold(&self) -> u32 {
        shown(self.ever_booked - self.cancelled)
    }

    /// How many of the tickets that are booked now were booked today.
    #[must_use]
    pub fn sold_today(&self) -> u32 {
        shown(self.booked_today).min(self.sold())
    }

    /// The fraction of the seats that is sold, 0 to 1.
    #[must_use]
    pub fn capacity_utilisation(&self) -> f64 {
        fraction(self.sold(), self.total_seats)
    }

    /// The fraction of the tickets ever booked that was cancelled, 0 to 1; 0 if none were booked.
    #[must_use]
    pub fn cancellation_rate(&self) -> f64 {
        fraction(shown(self.cancelled), shown(self.ever_booked))
    }
}

/// Sorts by utilization, highest first, then by id.
pub fn best_selling_first(sales: &mut [Sales]) {
    sales.sort_by(|a, b| {
        let by_utilisation = b.capacity_utilisation().total_cmp(&a.capacity_utilisation());
        by_utilisation.then_with(|| a.event.cmp(&b.event))
    });
}

fn shown(count: i64) -> u32 {
    u32::try_from(count.max(0)).unwrap_or(u32::MAX)
}

fn fraction(count: u32, of: u32) -> f64 {
    if of == 0 { 0.0 } else { (f64::from(count) / f64::from(of)).min(1.0) }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn nothing_is_shown_that_cannot_be(
            total_seats in 0..=1_000_000_u32, ever_booked: i32, cancelled: i32, booked_today: i32,
        ) {
            let sales = Sales {
                event: EventId::new(1, [0; 16]),
                total_seats,
                ever_booked: ever_booked.into(),
                cancelled: cancelled.into(),
                booked_today: booked_today.into(),
            };
            prop_assert!(sales.sold_today() <= sales.sold());
            prop_assert!((0.0..=1.0).contains(&sales.capacity_utilisation()));
            prop_assert!((0.0..=1.0).contains(&sales.cancellation_rate()));
        }
    }
}

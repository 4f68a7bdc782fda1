//! Who is notified when seats come free: first come, first served, each free seat announced once.

use booked_ids::UserId;

use super::count::SeatsWanted;

/// What Valkey says of a sale, for the waitlist.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SaleState {
    /// Names the inventory; one that is loaded again has another.
    pub epoch: String,
    /// Seats that ever came free in this epoch; only rises.
    pub freed: i64,
    /// Seats that are free now.
    pub free_now: i64,
}

/// What was known of the sale when the list was last notified, or the first user joined.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Watermark {
    /// The inventory that was seen.
    pub epoch: String,
    /// Seats that had come free in it.
    pub freed: i64,
}

impl Watermark {
    /// What is seen of the sale now.
    #[must_use]
    pub fn of(sale: SaleState) -> Self {
        Self { epoch: sale.epoch, freed: sale.freed }
    }
}

/// Who is notified, and what of the sale counts as seen from then on: the two are written in one transaction.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Announcement {
    /// Who is notified, in order, and of how many seats.
    pub allocations: Vec<Allocation>,
    /// What counts as seen.
    pub watermark: Watermark,
}

/// Decides whom to notify, given the sale as it is now, what was seen of it before, and the first who wait. The list must be
/// locked before any of the three is read, or a seat might be announced twice.
#[must_use]
pub fn decide(sale: SaleState, watermark: Option<&Watermark>, in_order: &[Waiting]) -> Announcement {
    let allocations = allocate(seats_to_offer(&sale, watermark), in_order);
    Announcement { allocations, watermark: Watermark::of(sale) }
}

/// How many seats are to be announced: those that came free since and are free still. After a load nobody knows what
/// came free since, so all that is free counts.
#[must_use]
pub fn seats_to_offer(now: &SaleState, seen: Option<&Watermark>) -> u32 {
    let since = match seen {
        Some(seen) if seen.epoch == now.epoch => now.freed.saturating_sub(seen.freed),
        _ => now.free_now,
    };
    u32::try_from(since.min(now.free_now).max(0)).unwrap_or(u32::MAX)
}

/// Somebody who waits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Waiting {
    /// Who.
    pub user: UserId,
    /// For how many seats.
    pub wanted: SeatsWanted,
}

/// Somebody who is notified, and of how many seats.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Allocation {
    /// Who.
    pub user: UserId,
    /// As many seats as they asked for, or as are left.
    pub seats: u32,
}

/// Whom to notify, in order, of this many seats.
fn allocate(seats: u32, in_order: &[Waiting]) -> Vec<Allocation> {
    let mut left = seats;
    let mut allocations = Vec::new();
    for waiting in in_order {
        let share = left.min(u32::from(waiting.wanted.get()));
        if share == 0 {
            break;
        }
        left -= share;
        allocations.push(Allocation { user: waiting.user, seats: share });
    }
    allocations
}

#[cfg(test)]
mod tests {
    use super::*;
    use uuid::Uuid;

    fn state(freed: i64, free_now: i64) -> SaleState {
        SaleState { epoch: "a".to_owned(), freed, free_now }
    }

    fn seen(epoch: &str, freed: i64) -> Watermark {
        Watermark { epoch: epoch.to_owned(), freed }
    }

    #[test]
    fn what_came_free_since_and_is_free_still_is_announced() {
        assert_eq!(seats_to_offer(&state(7, 100), Some(&seen("a", 4))), 3);
        assert_eq!(seats_to_offer(&state(7, 2), Some(&seen("a", 4))), 2);
        assert_eq!(seats_to_offer(&state(7, 100), Some(&seen("a", 7))), 0);
        assert_eq!(seats_to_offer(&state(7, -1), Some(&seen("a", 0))), 0);
    }

    #[test]
    fn after_a_load_all_that_is_free_is_announced() {
        assert_eq!(seats_to_offer(&state(0, 5), Some(&seen("b", 9))), 5);
        assert_eq!(seats_to_offer(&state(0, 5), None), 5);
    }

    #[test]
    fn what_is_announced_counts_as_seen() {
        let decided = decide(state(7, 100), Some(&seen("a", 4)), &[]);
        assert_eq!(decided, Announcement { allocations: Vec::new(), watermark: seen("a", 7) });
    }

    #[test]
    fn the_first_are_notified_first_and_no_seat_is_announced_twice() {
        let entries: Vec<Waiting> = [2, 3, 1]
            .into_iter()
            .enumerate()
            .map(|(n, wanted)| Waiting {
                user: UserId::from_uuid(Uuid::from_u128(u128::try_from(n).unwrap())),
                wanted: SeatsWanted::new(wanted).unwrap(),
            })
            .collect();
        let seats =
            |seats| allocate(seats, &entries).iter().map(|allocation| allocation.seats).collect::<Vec<_>>();
        assert_eq!(seats(0), Vec::<u32>::new());
        assert_eq!(seats(1), [1]);
        assert_eq!(seats(4), [2, 2]);
        assert_eq!(seats(9), [2, 3, 1]);
    }
}

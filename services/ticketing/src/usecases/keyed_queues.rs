//! The queues of calls that change the same thing.

use booked_ids::{EventId, UserId};
use booked_server::KeyedQueue;

/// Cancels of one user and event that wait, at most.
const CANCELS_MAX: usize = 128;
/// Bookings of one user that wait since a limit concerns them, at most.
const BOOKINGS_MAX: usize = 128;
/// Joins of one event's waitlist that wait, at most: more than could be done before their time is over.
const JOINS_MAX: usize = 1_024;

/// All queues of a process.
#[derive(Debug)]
pub struct KeyedQueues {
    /// Bookings that a limit of the buyer concerns, by user.
    pub(super) bookings: KeyedQueue<UserId>,
    /// Those who cancel tickets, by user and event.
    pub(super) cancels: KeyedQueue<(UserId, EventId)>,
    /// Those who join a waitlist, by event.
    pub(super) joins: KeyedQueue<EventId>,
}

impl Default for KeyedQueues {
    fn default() -> Self {
        Self {
            bookings: KeyedQueue::of_at_most(BOOKINGS_MAX),
            cancels: KeyedQueue::of_at_most(CANCELS_MAX),
            joins: KeyedQueue::of_at_most(JOINS_MAX),
        }
    }
}

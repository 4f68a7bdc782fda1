//! KeyedQueues: calls that change the same thing are carried out one after the other, and wait for their turn here, in memory,
//! before they take anything that others need: who waits for a lock with a connection in hand keeps all others from it.
//!
//! A line is a replica's own. Between replicas locks in the database do the same, and those are tried, not waited for.

use std::{
    collections::HashMap,
    hash::Hash,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use booked_ids::{EventId, UserId};
use tokio::{
    sync::{OwnedSemaphorePermit, Semaphore},
    time::{Instant, timeout_at},
};

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

/// Why a call has no turn.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub(super) enum QueueError {
    #[error("too many of the same kind wait already")]
    Crowded,
    #[error("others of the same kind took too long")]
    Late,
}

/// One line for each key, in the order of coming.
#[derive(Debug)]
pub(super) struct KeyedQueue<K> {
    length: usize,
    places: Arc<Mutex<HashMap<K, Places>>>,
}

#[derive(Debug)]
struct Places {
    turn: Arc<Semaphore>,
    /// Calls that have their turn or wait for it.
    calls: usize,
}

/// It is this call's turn until this is dropped.
pub(super) struct Turn<K: Eq + Hash> {
    // In the order in which they end.
    _permit: OwnedSemaphorePermit,
    _place: Place<K>,
}

struct Place<K: Eq + Hash> {
    key: K,
    places: Arc<Mutex<HashMap<K, Places>>>,
}

impl<K: Copy + Eq + Hash> KeyedQueue<K> {
    fn of_at_most(length: usize) -> Self {
        Self { length, places: Arc::default() }
    }

    /// Waits for the turn.
    ///
    /// # Errors
    ///
    /// See [`QueueError`].
    pub(super) async fn turn(&self, key: K, give_up: Instant) -> Result<Turn<K>, QueueError> {
        let (place, turn) = self.enqueue(key)?;
        match timeout_at(give_up, turn.acquire_owned()).await {
            Ok(Ok(permit)) => Ok(Turn { _permit: permit, _place: place }),
            Ok(Err(_)) | Err(_) => Err(QueueError::Late),
        }
    }

    fn enqueue(&self, key: K) -> Result<(Place<K>, Arc<Semaphore>), QueueError> {
        let mut places = lock(&self.places);
        let one = || Places { turn: Arc::new(Semaphore::new(1)), calls: 0 };
        let of_key = places.entry(key).or_insert_with(one);
        if of_key.calls >= self.length {
            return Err(QueueError::Crowded);
        }
        of_key.calls += 1;
        Ok((Place { key, places: Arc::clone(&self.places) }, Arc::clone(&of_key.turn)))
    }
}

impl<K: Eq + Hash> Drop for Place<K> {
    fn drop(&mut self) {
        let mut places = lock(&self.places);
        if let Some(of_key) = places.get_mut(&self.key) {
            of_key.calls -= 1;
            if of_key.calls == 0 {
                places.remove(&self.key);
            }
        }
    }
}

fn lock<K>(places: &Mutex<HashMap<K, Places>>) -> MutexGuard<'_, HashMap<K, Places>> {
    places.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use tokio::task::yield_now;

    use super::*;

    fn in_a_minute() -> Instant {
        Instant::now() + Duration::from_secs(60)
    }

    #[tokio::test]
    async fn calls_of_one_key_come_one_after_the_other_in_the_order_of_coming_and_others_do_not_wait() {
        let line = Arc::new(KeyedQueue::of_at_most(9));
        let first = line.turn(1, in_a_minute()).await.unwrap();
        let order: Arc<Mutex<Vec<u8>>> = Arc::default();
        let mut calls = Vec::new();
        for number in 2..=4 {
            let (line, order) = (Arc::clone(&line), Arc::clone(&order));
            calls.push(tokio::spawn(async move {
                let _turn = line.turn(1, in_a_minute()).await.unwrap();
                order.lock().unwrap().push(number);
            }));
            yield_now().await;
        }
        line.turn(2, in_a_minute()).await.unwrap();
        assert!(order.lock().unwrap().is_empty());
        drop(first);
        for call in calls {
            call.await.unwrap();
        }
        assert_eq!(*order.lock().unwrap(), [2, 3, 4]);
        assert!(line.places.lock().unwrap().is_empty(), "nothing is left of them");
    }

    #[tokio::test]
    async fn nobody_waits_longer_than_they_may_nor_in_a_line_that_is_full() {
        let line = KeyedQueue::of_at_most(2);
        let first = line.turn(1, in_a_minute()).await.unwrap();
        let soon = Instant::now() + Duration::from_millis(20);
        let (waited, crowded) = tokio::join!(line.turn(1, soon), line.turn(1, in_a_minute()));
        assert_eq!(waited.err(), Some(QueueError::Late));
        assert_eq!(crowded.err(), Some(QueueError::Crowded));
        drop(first);
        line.turn(1, in_a_minute()).await.unwrap();
        assert!(line.places.lock().unwrap().is_empty(), "nothing is left of them");
    }
}

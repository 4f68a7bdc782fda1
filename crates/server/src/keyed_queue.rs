//! Calls that concern the same thing are carried out one after the other, and wait for their turn here, in memory, before they take
//! anything that others need: who waits for a lock with a connection in hand keeps all others from it.
//!
//! A line is a replica's own. Between replicas locks in the database do the same, and those are tried, not waited for.

use std::{
    collections::HashMap,
    hash::Hash,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use tokio::{
    sync::{Mutex as Line, OwnedMutexGuard},
    time::{Instant, timeout_at},
};

/// Why a call has no turn.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum QueueError {
    /// The line is full.
    #[error("too many of the same kind wait already")]
    Crowded,
    /// The turn did not come in time.
    #[error("others of the same kind took too long")]
    Late,
}

/// One line for each key, in the order of coming; clones share them. A call may leave something to those behind it, which is
/// forgotten with the last one of the line.
#[derive(Debug)]
pub struct KeyedQueue<K, V = ()> {
    length: usize,
    places: Lines<K, V>,
}

type Lines<K, V> = Arc<Mutex<HashMap<K, Places<V>>>>;

#[derive(Debug)]
struct Places<V> {
    turn: Arc<Line<V>>,
    /// Calls that have their turn or wait for it.
    calls: usize,
}

/// It is this call's turn until this is dropped.
pub struct Turn<K: Eq + Hash, V = ()> {
    // In the order in which they end.
    left: OwnedMutexGuard<V>,
    _place: Place<K, V>,
}

struct Place<K: Eq + Hash, V> {
    key: K,
    turn: Arc<Line<V>>,
    places: Lines<K, V>,
}

impl<K, V> Clone for KeyedQueue<K, V> {
    fn clone(&self) -> Self {
        Self { length: self.length, places: Arc::clone(&self.places) }
    }
}

impl<K: Copy + Eq + Hash, V: Default> KeyedQueue<K, V> {
    /// Lines of so many calls with the same key, with the one whose turn it is.
    #[must_use]
    pub fn of_at_most(length: usize) -> Self {
        Self { length, places: Arc::default() }
    }

    /// Waits for the turn.
    ///
    /// # Errors
    ///
    /// See [`QueueError`].
    pub async fn turn(&self, key: K, give_up: Instant) -> Result<Turn<K, V>, QueueError> {
        let place = self.enqueue(key)?;
        let turn = Arc::clone(&place.turn);
        let left = timeout_at(give_up, turn.lock_owned()).await.map_err(|_| QueueError::Late)?;
        Ok(Turn { left, _place: place })
    }

    fn enqueue(&self, key: K) -> Result<Place<K, V>, QueueError> {
        let mut places = lock(&self.places);
        let one = || Places { turn: Arc::default(), calls: 0 };
        let of_key = places.entry(key).or_insert_with(one);
        if of_key.calls >= self.length {
            return Err(QueueError::Crowded);
        }
        of_key.calls += 1;
        Ok(Place { key, turn: Arc::clone(&of_key.turn), places: Arc::clone(&self.places) })
    }
}

impl<K: Eq + Hash, V> Turn<K, V> {
    /// What those before have left.
    pub fn left(&mut self) -> &mut V {
        &mut self.left
    }
}

impl<K: Eq + Hash, V> Drop for Place<K, V> {
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

fn lock<K, V>(places: &Mutex<HashMap<K, Places<V>>>) -> MutexGuard<'_, HashMap<K, Places<V>>> {
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
        let line = Arc::new(KeyedQueue::<_>::of_at_most(9));
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
        let line = KeyedQueue::<_>::of_at_most(2);
        let first = line.turn(1, in_a_minute()).await.unwrap();
        let soon = Instant::now() + Duration::from_millis(20);
        let (waited, crowded) = tokio::join!(line.turn(1, soon), line.turn(1, in_a_minute()));
        assert_eq!(waited.err(), Some(QueueError::Late));
        assert_eq!(crowded.err(), Some(QueueError::Crowded));
        drop(first);
        line.turn(1, in_a_minute()).await.unwrap();
        assert!(line.places.lock().unwrap().is_empty(), "nothing is left of them");
    }

    #[tokio::test]
    async fn what_is_left_is_for_those_behind_and_forgotten_with_the_last_one() {
        let line = KeyedQueue::<u8, Option<&str>>::of_at_most(9);
        let mut first = line.turn(1, in_a_minute()).await.unwrap();
        *first.left() = Some("found");
        let behind = async { *line.turn(1, in_a_minute()).await.unwrap().left() };
        let ending = async { drop(first) };
        assert_eq!(tokio::join!(behind, ending).0, Some("found"));
        assert_eq!(*line.turn(1, in_a_minute()).await.unwrap().left(), None);
    }
}

//! A queue whose entries wait for their turn, and leave once they have waited long enough.

use std::{collections::VecDeque, time::Duration};

use tokio::time::Instant;

/// How long a queue must have been non-empty to count as standing: a crowd that arrives in one moment is served by
/// then.
const STANDS_AFTER: Duration = Duration::from_millis(100);

/// First come, first served, unless the queue has not been empty for a while. In that case more arrive than are
/// served, and an entry that is served in the order of arrival has waited almost too long already. So the newest goes
/// first: the work is then done for somebody who still waits. ("Adaptive LIFO": B. Maurer, *Fail at Scale*, ACM Queue
/// 13(8), 2015; when a queue is a standing one: K. Nichols, V. Jacobson, *Controlling Queue Delay*, ACM Queue 10(5),
/// 2012.)
#[derive(Debug)]
pub struct StandingQueue<T> {
    items: VecDeque<T>,
    /// Since when the queue has not been empty.
    stands_since: Option<Instant>,
}

impl<T> StandingQueue<T> {
    /// Adds an entry behind all others.
    pub fn push(&mut self, item: T, now: Instant) {
        self.stands_since.get_or_insert(now);
        self.items.push_back(item);
    }

    /// Removes the entry whose turn it is.
    pub fn pop(&mut self, now: Instant) -> Option<T> {
        let stands =
            self.stands_since.is_some_and(|since| now.saturating_duration_since(since) >= STANDS_AFTER);
        let item = if stands { self.items.pop_back() } else { self.items.pop_front() };
        self.note_if_empty();
        item
    }

    /// Removes the entry that has waited longest.
    pub fn pop_oldest(&mut self) -> Option<T> {
        let item = self.items.pop_front();
        self.note_if_empty();
        item
    }

    /// Drops entries that have gone, beginning with the oldest, up to the first one that has not.
    pub fn forget_oldest_while(&mut self, has_gone: impl Fn(&T) -> bool) {
        while self.items.front().is_some_and(&has_gone) {
            self.items.pop_front();
        }
        self.note_if_empty();
    }

    /// How many entries wait.
    #[must_use]
    pub fn len(&self) -> usize {
        self.items.len()
    }

    /// Whether no entry waits.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.items.is_empty()
    }

    fn note_if_empty(&mut self) {
        if self.items.is_empty() {
            self.stands_since = None;
        }
    }
}

impl<T> Default for StandingQueue<T> {
    fn default() -> Self {
        Self { items: VecDeque::new(), stands_since: None }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_short_queue_is_first_come_first_served_and_a_standing_one_newest_first() {
        let (mut queue, began) = (StandingQueue::default(), Instant::now());
        (1..=5).for_each(|number| queue.push(number, began));
        assert_eq!(queue.pop(began), Some(1));
        let later = began + STANDS_AFTER;
        assert_eq!(queue.pop(later), Some(5));
        queue.push(6, later);
        assert_eq!(queue.pop(later), Some(6));
        assert_eq!(queue.pop_oldest(), Some(2));
        queue.forget_oldest_while(|number| *number == 3);
        assert_eq!((queue.pop(later), queue.pop(later)), (Some(4), None));

        (7..=8).for_each(|number| queue.push(number, later));
        assert_eq!(queue.pop(later), Some(7), "it was empty, so it does not stand");
    }
}

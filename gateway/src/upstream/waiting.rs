//! Who waits for a turn: two queues, for what has priority and for the rest.

use booked_server::StandingQueue;
use tokio::{sync::oneshot, time::Instant};

use crate::routes::Priority;

/// Of so many turns that are given while both kinds wait, one is for the rest: calls with priority, however many a client
/// makes up, never take all.
const TURNS_OF_ONE_FOR_THE_REST: u8 = 4;

/// Those who wait; each is given a `Turn` or gone.
pub(super) struct Waiting<Turn> {
    high: StandingQueue<oneshot::Sender<Turn>>,
    normal: StandingQueue<oneshot::Sender<Turn>>,
    /// The most of each.
    most: usize,
    given_to_high: u8,
}

impl<Turn> Waiting<Turn> {
    pub(super) fn new(most: usize) -> Self {
        Self { high: StandingQueue::default(), normal: StandingQueue::default(), most, given_to_high: 0 }
    }

    /// One more, in whose place the one that has waited longest goes where there are too many.
    pub(super) fn push(&mut self, priority: Priority, now: Instant) -> oneshot::Receiver<Turn> {
        let (turn, given) = oneshot::channel();
        let queue = match priority {
            Priority::High => &mut self.high,
            Priority::Normal => &mut self.normal,
        };
        queue.forget_oldest_while(oneshot::Sender::is_closed);
        if queue.len() >= self.most {
            queue.pop_oldest();
        }
        queue.push(turn, now);
        given
    }

    /// Whose turn it is. They may have gone.
    pub(super) fn pop(&mut self, now: Instant) -> Option<oneshot::Sender<Turn>> {
        let is_for_the_rest = self.given_to_high + 1 >= TURNS_OF_ONE_FOR_THE_REST && !self.normal.is_empty();
        if !is_for_the_rest && let Some(next) = self.high.pop(now) {
            self.given_to_high = if self.normal.is_empty() { 0 } else { self.given_to_high + 1 };
            return Some(next);
        }
        self.given_to_high = 0;
        self.normal.pop(now)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_finishes_goes_first_and_leaves_one_turn_of_four_to_the_rest() {
        let (mut waiting, now) = (Waiting::new(100), Instant::now());
        let wait = |waiting: &mut Waiting<u8>, priority, count| {
            (0..count).map(|_| waiting.push(priority, now)).collect::<Vec<_>>()
        };
        let normal = wait(&mut waiting, Priority::Normal, 3);
        let high = wait(&mut waiting, Priority::High, 7);

        for turn in 0..10 {
            waiting.pop(now).unwrap().send(turn).unwrap();
        }

        let turns = |given: Vec<oneshot::Receiver<u8>>| -> Vec<u8> {
            given.into_iter().map(|mut turn| turn.try_recv().unwrap()).collect()
        };
        assert_eq!((turns(high), turns(normal)), (vec![0, 1, 2, 4, 5, 6, 8], vec![3, 7, 9]));
        assert!(waiting.pop(now).is_none());
    }

    #[test]
    fn a_full_queue_forgets_its_oldest_and_nothing_of_the_other() {
        let (mut waiting, now) = (Waiting::<()>::new(1), Instant::now());
        let mut high = waiting.push(Priority::High, now);
        let mut first = waiting.push(Priority::Normal, now);
        let mut second = waiting.push(Priority::Normal, now);

        let is_refused =
            |turn: &mut oneshot::Receiver<()>| turn.try_recv() == Err(oneshot::error::TryRecvError::Closed);
        assert_eq!([&mut high, &mut first, &mut second].map(is_refused), [false, true, false]);
    }
}

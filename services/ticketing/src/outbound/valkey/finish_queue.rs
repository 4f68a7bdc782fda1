//! Bookings that wait to be finished, by event: whose turn it is takes along what has come meanwhile.

use std::{
    collections::{HashMap, VecDeque},
    sync::{Arc, Mutex, PoisonError},
};

use booked_failure::Failure;
use booked_ids::{EventId, SeatNumber, UserId};
use tokio::sync::oneshot;
use tracing::Span;

use crate::domain::seat::AttemptId;

/// Seats of several bookings that one script finishes, at most: others wait for Valkey too.
const SEATS_MAX: usize = 500;

/// The end of one booking.
#[derive(Clone, Debug)]
pub(super) struct Finish {
    pub(super) attempt: AttemptId,
    /// None: only the claims tell whose booking it is.
    pub(super) user: Option<UserId>,
    pub(super) seats: Vec<SeatNumber>,
}

/// The bookings that wait; clones share them.
#[derive(Clone, Debug, Default)]
pub(super) struct FinishQueue {
    /// The events of which bookings are being finished, and what has come since.
    waiting: Arc<Mutex<HashMap<EventId, VecDeque<Waiting>>>>,
}

#[derive(Debug)]
pub(super) struct Waiting {
    pub(super) finish: Finish,
    /// Of the request.
    pub(super) span: Span,
    pub(super) answer: oneshot::Sender<Result<u32, Failure>>,
}

/// Whoever has this finishes all bookings of the event, until none waits. If it is dropped before, those that wait are told.
#[derive(Debug)]
pub(super) struct Turn {
    pub(super) event: EventId,
    queue: FinishQueue,
    is_over: bool,
}

impl FinishQueue {
    /// None if somebody has the turn already, and will finish this one too.
    pub(super) fn join(&self, event: EventId, waiting: Waiting) -> Option<Turn> {
        let has_turn = self.with_events(|events| {
            let is_first = !events.contains_key(&event);
            events.entry(event).or_default().push_back(waiting);
            is_first
        });
        has_turn.then(|| Turn { event, queue: self.clone(), is_over: false })
    }

    fn with_events<T>(&self, change: impl FnOnce(&mut HashMap<EventId, VecDeque<Waiting>>) -> T) -> T {
        change(&mut self.waiting.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

impl Turn {
    /// What goes together next; if nothing waits, the turn is over.
    pub(super) fn next(&mut self) -> Option<Vec<Waiting>> {
        let batch = self.queue.with_events(|events| {
            let waiting = events.get_mut(&self.event)?;
            let (mut batch, mut seats) = (Vec::new(), 0);
            while let Some(next) = waiting.front()
                && (batch.is_empty() || seats + next.finish.seats.len() <= SEATS_MAX)
            {
                seats += next.finish.seats.len();
                batch.extend(waiting.pop_front());
            }
            if batch.is_empty() {
                events.remove(&self.event);
            }
            Some(batch)
        });
        let batch = batch.filter(|batch| !batch.is_empty());
        self.is_over = batch.is_none();
        batch
    }
}

impl Drop for Turn {
    fn drop(&mut self) {
        if !self.is_over {
            drop(self.queue.with_events(|events| events.remove(&self.event)));
        }
    }
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;

    type Answered = oneshot::Receiver<Result<u32, Failure>>;

    fn booking(number: u128, seats: u32) -> (Waiting, Answered) {
        let seats = (1..=seats).map(|number| SeatNumber::new(number).unwrap()).collect();
        let finish = Finish { attempt: AttemptId(Uuid::from_u128(number)), user: None, seats };
        let (answer, answered) = oneshot::channel();
        (Waiting { finish, span: Span::none(), answer }, answered)
    }

    fn numbers(batch: Option<Vec<Waiting>>) -> Vec<u128> {
        batch.unwrap().iter().map(|it| it.finish.attempt.0.as_u128()).collect()
    }

    #[test]
    fn what_comes_while_others_are_finished_goes_together() {
        let (queue, event) = (FinishQueue::default(), EventId::new(1_900_000_000_000, [7; 16]));
        let mut turn = queue.join(event, booking(1, 1).0).unwrap();
        assert_eq!(numbers(turn.next()), [1]);
        for (number, seats) in [(2, 300), (3, 200), (4, 1), (5, 600)] {
            assert!(queue.join(event, booking(number, seats).0).is_none());
        }
        assert_eq!(numbers(turn.next()), [2, 3], "not more seats than a script takes");
        assert_eq!(numbers(turn.next()), [4]);
        assert_eq!(numbers(turn.next()), [5], "one booking is never divided");
        assert!(turn.next().is_none());
        let next = queue.join(event, booking(6, 1).0);
        drop(turn);
        assert_eq!(numbers(next.unwrap().next()), [6], "the turn that is over takes nothing away");
    }

    #[test]
    fn whoever_waits_for_a_turn_that_is_dropped_is_told() {
        let (queue, event) = (FinishQueue::default(), EventId::new(1_900_000_000_000, [7; 16]));
        let (first, mut of_first) = booking(1, 1);
        let (second, mut of_second) = booking(2, 1);
        let mut turn = queue.join(event, first).unwrap();
        let batch = turn.next();
        assert!(queue.join(event, second).is_none());
        drop((turn, batch));
        assert!(of_first.try_recv().is_err_and(|error| error == oneshot::error::TryRecvError::Closed));
        assert!(of_second.try_recv().is_err_and(|error| error == oneshot::error::TryRecvError::Closed));
        assert!(queue.join(event, booking(3, 1).0).is_some());
    }
}

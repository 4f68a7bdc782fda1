//! Finishing bookings: those of one event that come while others are being finished go together, in one script. Running a script costs
//! Valkey more than what finishing a booking needs of it, and its one thread is what a sale is bound by (`docs/performance.md`).

use std::{
    collections::{HashMap, VecDeque},
    sync::{Arc, Mutex, PoisonError},
};

use booked_failure::Failure;
use booked_ids::{EventId, SeatNumber, UserId};
use tokio::sync::oneshot;
use tracing::{Instrument as _, Span};

use super::{
    arguments::{add_attempt, add_seats},
    reply::read,
    scripts,
    seats::ValkeySeats,
};
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

/// What waits to be finished; clones share it.
#[derive(Clone, Debug, Default)]
pub(super) struct Finishing {
    /// The events of which bookings are being finished, and what has come since.
    waiting: Arc<Mutex<HashMap<EventId, VecDeque<Waiting>>>>,
}

#[derive(Debug)]
struct Waiting {
    finish: Finish,
    /// Of the request.
    span: Span,
    answer: oneshot::Sender<Result<u32, Failure>>,
}

/// Whoever has this finishes all bookings of the event, until none waits. If it is dropped before, those that wait are told.
#[derive(Debug)]
struct Turn {
    event: EventId,
    finishing: Finishing,
    is_over: bool,
}

impl ValkeySeats {
    /// Finishes a booking, and says how many of its seats were still claimed.
    pub(super) async fn finish_with_others(&self, event: EventId, finish: Finish) -> Result<u32, Failure> {
        let (answer, answered) = oneshot::channel();
        let waiting = Waiting { finish: finish.clone(), span: Span::current(), answer };
        if let Some(turn) = self.finishing.join(event, waiting) {
            tokio::spawn(self.clone().finish_all(turn));
        }
        match answered.await {
            Ok(answer) => answer,
            // The other one's runtime has ended. What it has finished is not finished again.
            Err(_) => Ok(self.finish_together(event, &[finish]).await?.first().copied().unwrap_or(0)),
        }
    }

    async fn finish_all(self, mut turn: Turn) {
        while let Some(batch) = turn.next() {
            let span = booked_telemetry::shared_span("finish bookings", batch.iter().map(|it| &it.span));
            let finishes: Vec<Finish> = batch.iter().map(|it| it.finish.clone()).collect();
            let finished = self.finish_together(turn.event, &finishes).instrument(span).await;
            for (at, waiting) in batch.into_iter().enumerate() {
                // Without an inventory nothing is answered, and nothing was finished.
                let count = finished.as_ref().map(|counts| counts.get(at).copied().unwrap_or(0));
                let _ = waiting.answer.send(count.map_err(Failure::clone));
            }
        }
    }

    async fn finish_together(&self, event: EventId, finishes: &[Finish]) -> Result<Vec<u32>, Failure> {
        let answer = self.run(&scripts::FINISH, event, |command| {
            for Finish { attempt, user, seats } in finishes {
                add_attempt(command, *attempt);
                command.arg(user.map(|user| user.to_string()).unwrap_or_default()).arg(seats.len());
                add_seats(command, seats);
            }
        });
        read(answer.await?)
    }
}

impl Finishing {
    /// None if somebody has the turn already, and will finish this one too.
    fn join(&self, event: EventId, waiting: Waiting) -> Option<Turn> {
        let has_turn = self.with_events(|events| {
            let is_first = !events.contains_key(&event);
            events.entry(event).or_default().push_back(waiting);
            is_first
        });
        has_turn.then(|| Turn { event, finishing: self.clone(), is_over: false })
    }

    fn with_events<T>(&self, change: impl FnOnce(&mut HashMap<EventId, VecDeque<Waiting>>) -> T) -> T {
        change(&mut self.waiting.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

impl Turn {
    /// What goes together next; if nothing waits, the turn is over.
    fn next(&mut self) -> Option<Vec<Waiting>> {
        let batch = self.finishing.with_events(|events| {
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
            drop(self.finishing.with_events(|events| events.remove(&self.event)));
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
        let (finishing, event) = (Finishing::default(), EventId::new(1_900_000_000_000, [7; 16]));
        let mut turn = finishing.join(event, booking(1, 1).0).unwrap();
        assert_eq!(numbers(turn.next()), [1]);
        for (number, seats) in [(2, 300), (3, 200), (4, 1), (5, 600)] {
            assert!(finishing.join(event, booking(number, seats).0).is_none());
        }
        assert_eq!(numbers(turn.next()), [2, 3], "not more seats than a script takes");
        assert_eq!(numbers(turn.next()), [4]);
        assert_eq!(numbers(turn.next()), [5], "one booking is never divided");
        assert!(turn.next().is_none());
        let next = finishing.join(event, booking(6, 1).0);
        drop(turn);
        assert_eq!(numbers(next.unwrap().next()), [6], "the turn that is over takes nothing away");
    }

    #[test]
    fn whoever_waits_for_a_turn_that_is_dropped_is_told() {
        let (finishing, event) = (Finishing::default(), EventId::new(1_900_000_000_000, [7; 16]));
        let (first, mut of_first) = booking(1, 1);
        let (second, mut of_second) = booking(2, 1);
        let mut turn = finishing.join(event, first).unwrap();
        let batch = turn.next();
        assert!(finishing.join(event, second).is_none());
        drop((turn, batch));
        assert!(of_first.try_recv().is_err_and(|error| error == oneshot::error::TryRecvError::Closed));
        assert!(of_second.try_recv().is_err_and(|error| error == oneshot::error::TryRecvError::Closed));
        assert!(finishing.join(event, booking(3, 1).0).is_some());
    }
}

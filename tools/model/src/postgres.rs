//! Ticketing's transactions, statement by statement, as READ COMMITTED runs them: a statement sees what was committed
//! when it began, waits for locks, and rechecks only what it locks. This shows that [`seats`](crate::seats) may treat
//! each transaction as one step, and a batch of bookings as several steps at the same moment.
//!
//! Two or three bookings are sent once each, by any number of flushers, together or separately: the first user wants
//! both seats of an event, the others one seat each. Meanwhile bookings may be voided, users cancel, and the event is
//! deleted and purged.

mod book;
mod cancel;
pub mod standby;
mod tables;

use stateright::{Model, Property};

use self::{
    book::Flush,
    cancel::Cancel,
    tables::{AttemptOutcome, Attempts, Database, InDoubt, Seats, User},
};
use crate::guards::{Guard, Guards};

const TRANSACTIONS_MAX: usize = 3;

/// How large the model is.
#[derive(Clone, Copy, Debug)]
pub struct Transactions {
    /// The guards that are on.
    pub guards: Guards,
    /// How many bookings are sent, 3 at most.
    pub bookings: usize,
}

/// The database, and the transactions that run on it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct State {
    database: Database,
    /// Bookings that were handed to a flusher.
    sent: Attempts,
    running: [Option<Transaction>; TRANSACTIONS_MAX],
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
enum Transaction {
    Flush(Flush),
    Cancel(Cancel),
}

/// What may happen next.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Action {
    /// A flusher takes these bookings as one batch.
    Flush(Attempts),
    /// A user cancels these seats.
    Cancel(User, Seats),
    /// A booking is voided, in one statement.
    Void(usize),
    /// The event is deleted, in one statement.
    Delete,
    /// The rows of the deleted event are removed.
    Purge,
    /// The transaction in this slot runs to the next point at which it may wait, or commits.
    Step(usize),
    /// Its connection is lost before the commit.
    RollBack(usize),
}

impl State {
    /// Whether a transaction holds a lock on the event's row that keeps others from changing it.
    fn is_event_shared(&self, guards: Guards) -> bool {
        self.running.iter().flatten().any(|transaction| match transaction {
            Transaction::Flush(flush) => flush.shares_event(guards),
            Transaction::Cancel(cancel) => cancel.shares_event(guards),
        })
    }

    fn is_cancelling(&self, user: User) -> bool {
        let is_theirs = |it: &Transaction| matches!(it, Transaction::Cancel(cancel) if cancel.user == user);
        self.running.iter().flatten().any(is_theirs)
    }

    /// What all transactions but this one have written and not committed.
    fn in_doubt(&self, except: usize) -> InDoubt {
        let others = self.running.iter().enumerate().filter(|(slot, _)| *slot != except);
        let flushes = others.filter_map(|(_, other)| match other {
            Some(Transaction::Flush(flush)) => Some(flush),
            _ => None,
        });
        flushes.fold(InDoubt { attempts: 0, tickets: 0 }, |all, flush| InDoubt {
            attempts: all.attempts | flush.attempts_written(),
            tickets: all.tickets | flush.tickets_written(),
        })
    }

    fn start(&mut self, transaction: Transaction) -> Option<()> {
        *self.running.iter_mut().find(|slot| slot.is_none())? = Some(transaction);
        Some(())
    }

    fn void(&mut self, attempt: usize) -> Option<()> {
        if self.in_doubt(TRANSACTIONS_MAX).attempts & (1 << attempt) != 0 {
            return None;
        }
        let outcome = &mut self.database.tables.attempts[attempt];
        if *outcome == AttemptOutcome::Unsettled {
            *outcome = AttemptOutcome::Void;
        }
        Some(())
    }

    fn step(&mut self, slot: usize, guards: Guards) -> Option<()> {
        let in_doubt = self.in_doubt(slot);
        self.running[slot] = match self.running[slot]? {
            Transaction::Flush(flush) => {
                flush.step(&mut self.database, in_doubt, guards)?.map(Transaction::Flush)
            }
            Transaction::Cancel(cancel) => {
                cancel.commit(&mut self.database);
                None
            }
        };
        Some(())
    }
}

impl Model for Transactions {
    type State = State;
    type Action = Action;

    fn init_states(&self) -> Vec<State> {
        vec![State::default()]
    }

    fn actions(&self, state: &State, actions: &mut Vec<Action>) {
        let bookings = 0..self.bookings.min(tables::ATTEMPTS);
        let unsent = bookings.clone().fold(0, |all, booking| all | 1 << booking) & !state.sent;
        actions.extend((1..=unsent).filter(|batch| batch & !unsent == 0).map(Action::Flush));
        for user in bookings.clone() {
            actions.extend((1..=tables::ALL_SEATS).map(|seats| Action::Cancel(user, seats)));
        }
        actions.extend(bookings.map(Action::Void));
        actions.extend([Action::Delete, Action::Purge]);
        for slot in 0..TRANSACTIONS_MAX {
            actions.extend([Action::Step(slot), Action::RollBack(slot)]);
        }
    }

    fn next_state(&self, last: &State, action: Action) -> Option<State> {
        let mut state = *last;
        match action {
            Action::Flush(batch) => {
                state.sent |= batch;
                state.start(Transaction::Flush(Flush::begin(&state.database.tables, batch, 0)))?;
            }
            Action::Cancel(user, seats) => {
                let waits = state.is_cancelling(user) && self.guards.has(Guard::CancelsInTurn);
                let cancel = Cancel::begin(&state.database.tables, user, seats).filter(|_| !waits)?;
                state.start(Transaction::Cancel(cancel))?;
            }
            Action::Void(attempt) => state.void(attempt)?,
            Action::Delete => {
                let may_delete = !state.is_event_shared(self.guards);
                state.database.tables.deleted = may_delete.then_some(true)?;
            }
            Action::Purge => state.database.tables.purge()?,
            Action::Step(slot) => state.step(slot, self.guards)?,
            Action::RollBack(slot) => state.running[slot] = None,
        }
        Some(state).filter(|state| state != last)
    }

    fn properties(&self) -> Vec<Property<Self>> {
        vec![
            Property::always("a seat has one ticket", |_, state: &State| {
                !state.database.violations.sold_twice
            }),
            Property::always("a booking is carried out as a whole or not at all", |_, state: &State| {
                !state.database.violations.partly_booked
            }),
            Property::always("what is void is never booked", |_, state: &State| {
                !state.database.violations.booked_after_void
            }),
            Property::always("a refused booking does not affect others", |_, state: &State| {
                !state.database.violations.affected_others
            }),
            Property::always("a cancel is carried out as a whole or not at all", |_, state: &State| {
                !state.database.violations.partly_cancelled
            }),
            Property::always("after a deletion nothing is booked or cancelled", |_, state: &State| {
                let is_left_over = state.database.tables.purged && state.database.tables.sold() != 0;
                !state.database.violations.after_deletion && !is_left_over
            }),
            Property::sometimes("the bookings of a batch are tried one by one", |_, state: &State| {
                state
                    .running
                    .iter()
                    .flatten()
                    .any(|it| matches!(it, Transaction::Flush(flush) if flush.is_alone()))
            }),
            Property::sometimes("the same seat is booked twice, one after the other", |_, state: &State| {
                state.database.tables.attempts[..2] == [AttemptOutcome::Booked; 2]
            }),
        ]
    }
}

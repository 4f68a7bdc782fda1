//! Transactions of ticketing, statement by statement, as READ COMMITTED runs them: a statement sees what was committed
//! when it began, waits for locks, and rechecks only what it locks. Shows that [`seats`](crate::seats) may take each of
//! them for one step, and a batch of bookings for several at the same moment.
//!
//! Two or three bookings are sent once each, by any number of flushers, together or apart: the first user's of both seats of
//! an event, the others' of one seat each. Meanwhile each may be voided, the users cancel, the event is deleted and purged.

mod book;
mod cancel;
pub mod standby;
mod tables;

use stateright::{Model, Property};

use self::{
    book::Flush,
    cancel::Cancel,
    tables::{AttemptOutcome, Attempts, Seats, Tables, User, Violations},
};
use crate::guards::Guards;

const TRANSACTIONS_MAX: usize = 3;

/// How much happens at once.
#[derive(Clone, Copy, Debug)]
pub struct Transactions {
    /// The guards that are on.
    pub guards: Guards,
    /// How many bookings are sent, 3 at most.
    pub bookings: usize,
}

/// The tables, and the transactions under way.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Database {
    tables: Tables,
    /// Bookings that were handed to a flusher.
    sent: Attempts,
    under_way: [Option<Transaction>; TRANSACTIONS_MAX],
    violations: Violations,
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
    /// The rows of the deleted event go.
    Purge,
    /// The transaction in this slot runs on to its next wait, or commits.
    Step(usize),
    /// Its connection is lost before the commit.
    RollBack(usize),
}

impl Database {
    /// Whether another transaction has the event's row locked against being changed.
    fn event_is_shared(&self, guards: Guards) -> bool {
        self.under_way.iter().flatten().any(|transaction| match transaction {
            Transaction::Flush(flush) => flush.shares_event(guards),
            Transaction::Cancel(cancel) => cancel.shares_event(guards),
        })
    }

    /// Attempts whose rows another transaction has written and not committed.
    fn attempts_in_doubt(&self, slot: usize) -> Attempts {
        self.others(slot).fold(0, |all, flush| all | flush.attempts_written())
    }

    /// Seats of which another transaction has written a ticket and not committed it.
    fn tickets_in_doubt(&self, slot: usize) -> Seats {
        self.others(slot).fold(0, |all, flush| all | flush.tickets_written())
    }

    fn others(&self, slot: usize) -> impl Iterator<Item = &Flush> {
        self.under_way.iter().enumerate().filter(move |(other, _)| *other != slot).filter_map(|(_, other)| {
            match other {
                Some(Transaction::Flush(flush)) => Some(flush),
                _ => None,
            }
        })
    }

    fn start(&mut self, transaction: Transaction) -> Option<()> {
        *self.under_way.iter_mut().find(|slot| slot.is_none())? = Some(transaction);
        Some(())
    }

    fn void(&mut self, attempt: usize) -> Option<()> {
        if self.attempts_in_doubt(TRANSACTIONS_MAX) & (1 << attempt) != 0 {
            return None;
        }
        let outcome = &mut self.tables.attempts[attempt];
        if *outcome == AttemptOutcome::Unsettled {
            *outcome = AttemptOutcome::Void;
        }
        Some(())
    }
}

impl Model for Transactions {
    type State = Database;
    type Action = Action;

    fn init_states(&self) -> Vec<Database> {
        vec![Database::default()]
    }

    fn actions(&self, database: &Database, actions: &mut Vec<Action>) {
        let bookings = 0..self.bookings.min(tables::ATTEMPTS);
        let unsent = bookings.clone().fold(0, |all, booking| all | 1 << booking) & !database.sent;
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

    fn next_state(&self, last: &Database, action: Action) -> Option<Database> {
        let mut database = *last;
        match action {
            Action::Flush(batch) => {
                database.sent |= batch;
                database.start(Transaction::Flush(Flush::begin(&database.tables, batch, 0)))?;
            }
            Action::Cancel(user, seats) => {
                let cancel = Cancel::begin(&database, user, seats, self.guards)?;
                database.start(Transaction::Cancel(cancel))?;
            }
            Action::Void(attempt) => database.void(attempt)?,
            Action::Delete => {
                let may = !database.event_is_shared(self.guards);
                database.tables.deleted = may.then_some(true)?;
            }
            Action::Purge => database.tables.purge()?,
            Action::Step(slot) => match database.under_way[slot]? {
                Transaction::Flush(flush) => {
                    let next = flush.step(&mut database, slot, self.guards)?;
                    database.under_way[slot] = next.map(Transaction::Flush);
                }
                Transaction::Cancel(cancel) => {
                    cancel.commit(&mut database);
                    database.under_way[slot] = None;
                }
            },
            Action::RollBack(slot) => database.under_way[slot] = None,
        }
        Some(database).filter(|database| database != last)
    }

    fn properties(&self) -> Vec<Property<Self>> {
        vec![
            Property::always("a seat has one ticket", |_, database: &Database| {
                !database.violations.sold_twice
            }),
            Property::always("a booking is done whole or not at all", |_, database: &Database| {
                !database.violations.partly_booked
            }),
            Property::always("what is void is never booked", |_, database: &Database| {
                !database.violations.booked_after_void
            }),
            Property::always("a refused booking spoils no other", |_, database: &Database| {
                !database.violations.spoiled
            }),
            Property::always("a cancel is done whole or not at all", |_, database: &Database| {
                !database.violations.partly_cancelled
            }),
            Property::always("after a deletion nothing is booked or cancelled", |_, database: &Database| {
                let is_left_over = database.tables.purged && database.tables.sold() != 0;
                !database.violations.after_deletion && !is_left_over
            }),
            Property::sometimes("a batch is tried one by one", |_, database: &Database| {
                database
                    .under_way
                    .iter()
                    .flatten()
                    .any(|it| matches!(it, Transaction::Flush(flush) if flush.is_alone()))
            }),
            Property::sometimes(
                "two bookings of the same seat are done, one after the other",
                |_, database: &Database| database.tables.attempts[..2] == [AttemptOutcome::Booked; 2],
            ),
        ]
    }
}

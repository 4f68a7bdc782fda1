//! `outbound/postgres/book.rs` and `booking_queue.rs`: a batch of bookings in one statement. It takes its snapshot (1),
//! locks the events' rows and judges (2), writes `bookings` (3) and `tickets` (4), and is committed or rolled back (5).

use super::tables::{
    ATTEMPTS, AttemptOutcome, Attempts, Database, InDoubt, Seats, Tables, WANTED, attempts, seats,
};
use crate::guards::{Guard, Guards};

/// A flusher with its batch.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) struct Flush {
    batch: Attempts,
    /// Bookings of a batch that was rolled back, which are tried one by one.
    then_alone: Attempts,
    is_alone: bool,
    sold_in_snapshot: Seats,
    deleted_in_snapshot: bool,
    step: Step,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
enum Step {
    Judge,
    /// These bookings were judged to be possible.
    Settle {
        possible: Attempts,
    },
    /// The rows of these in `bookings` are written.
    Write {
        settled: Attempts,
    },
    Commit {
        settled: Attempts,
        written: [Seats; ATTEMPTS],
    },
}

impl Flush {
    /// Takes the statement's snapshot.
    pub(super) fn begin(tables: &Tables, batch: Attempts, then_alone: Attempts) -> Self {
        Self {
            batch,
            then_alone,
            is_alone: false,
            sold_in_snapshot: tables.sold(),
            deleted_in_snapshot: tables.deleted,
            step: Step::Judge,
        }
    }

    pub(super) fn is_alone(&self) -> bool {
        self.is_alone
    }

    pub(super) fn shares_event(&self, guards: Guards) -> bool {
        guards.has(Guard::BookingLocksEvents) && self.step != Step::Judge
    }

    pub(super) fn attempts_written(&self) -> Attempts {
        match self.step {
            Step::Judge | Step::Settle { .. } => 0,
            Step::Write { settled } | Step::Commit { settled, .. } => settled,
        }
    }

    pub(super) fn tickets_written(&self) -> Seats {
        match self.step {
            Step::Commit { written, .. } => written.iter().fold(0, |all, written| all | written),
            _ => 0,
        }
    }

    /// `None`: it waits for another transaction. `Some(None)`: it is done.
    pub(super) fn step(
        self,
        database: &mut Database,
        in_doubt: InDoubt,
        guards: Guards,
    ) -> Option<Option<Self>> {
        let to = |step| Some(Some(Self { step, ..self }));
        match self.step {
            Step::Judge => to(Step::Settle { possible: self.possible(&database.tables, guards) }),
            Step::Settle { possible } => {
                let waits = possible & in_doubt.attempts != 0;
                let is_settled =
                    |attempt: usize| database.tables.attempts[attempt] != AttemptOutcome::Unsettled;
                let void = attempts(possible)
                    .filter(|attempt| is_settled(*attempt) && guards.has(Guard::AttemptSettledOnce));
                let void = void.fold(0, |void, attempt| void | 1 << attempt);
                to(Step::Write { settled: possible & !void }).filter(|_| !waits)
            }
            Step::Write { settled } => {
                let wanted = attempts(settled).fold(0, |wanted, attempt| wanted | WANTED[attempt]);
                let waits = wanted & in_doubt.tickets != 0 && guards.has(Guard::OneOwnerASeat);
                let written = written(&database.tables, settled, guards);
                to(Step::Commit { settled, written }).filter(|_| !waits)
            }
            Step::Commit { settled, written } => Some(self.end(database, settled, written, guards)),
        }
    }

    fn possible(&self, tables: &Tables, guards: Guards) -> Attempts {
        let reads_locked_rows = guards.has(Guard::BookingLocksEvents);
        if if reads_locked_rows { tables.deleted } else { self.deleted_in_snapshot } {
            return 0;
        }
        let possible = attempts(self.batch).filter(|attempt| WANTED[*attempt] & self.sold_in_snapshot == 0);
        possible.fold(0, |possible, attempt| possible | 1 << attempt)
    }

    /// Commits, or rolls back and continues with each booking on its own.
    fn end(
        self,
        database: &mut Database,
        settled: Attempts,
        written: [Seats; ATTEMPTS],
        guards: Guards,
    ) -> Option<Self> {
        let is_complete = attempts(settled).all(|attempt| written[attempt] == WANTED[attempt]);
        let refuses_all = settled != self.batch && !guards.has(Guard::RefusedAlone);
        if !is_complete && guards.has(Guard::BatchIsComplete) {
            return self.next_alone(database, self.batch | self.then_alone);
        }
        let tables = database.tables;
        for attempt in attempts(self.batch) {
            let is_refused = refuses_all || settled & (1 << attempt) == 0;
            // What is sold in the snapshot was sold when the booking arrived.
            let was_sold = WANTED[attempt] & self.sold_in_snapshot != 0;
            database.violations.affected_others |= is_refused && tables.is_possible(attempt) && !was_sold;
            if !is_refused {
                database.tables.write(attempt, written[attempt], &mut database.violations, guards);
            }
        }
        self.next_alone(database, self.then_alone)
    }

    fn next_alone(self, database: &Database, left: Attempts) -> Option<Self> {
        let next = attempts(left).next()?;
        let batch = 1 << next;
        Some(Self { is_alone: true, ..Self::begin(&database.tables, batch, left & !batch) })
    }
}

/// Which tickets of each booking are written. If the key exists already, from another transaction or from the same
/// statement, `ON CONFLICT` omits the row.
fn written(tables: &Tables, settled: Attempts, guards: Guards) -> [Seats; ATTEMPTS] {
    let mut taken = if guards.has(Guard::OneOwnerASeat) { tables.sold() } else { 0 };
    let mut written = [0; ATTEMPTS];
    for attempt in attempts(settled) {
        for seat in seats(WANTED[attempt] & !taken) {
            written[attempt] |= 1 << seat;
        }
        if guards.has(Guard::OneOwnerASeat) {
            taken |= WANTED[attempt];
        }
    }
    written
}

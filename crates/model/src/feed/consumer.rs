//! `crates/feed/src/consumer/pull.rs`: a page is fetched, and applied together with the cursor.

use super::producer::{Entry, Position, Producer, TRANSACTIONS};
use crate::guards::{Guard, Guards};

type Page = [Option<Entry>; TRANSACTIONS];

/// A row of `feed_cursors`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub(super) struct Cursor {
    incarnation: u8,
    position: Position,
}

/// The consumer's database.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub(super) struct Consumer {
    cursor: Cursor,
    /// The newest that is known.
    pub(super) version: u8,
    /// A change that waits for its turn (a row of `event_changes`); 0 where none does.
    noted: u8,
    /// A count that commutes: how many rows were applied.
    pub(super) count: u8,
    /// Which versions came by, as a set.
    applied: u8,
}

/// A replica that pulls.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) struct Puller {
    cursor: Cursor,
    /// Pulls until all is applied.
    waits: Option<Waits>,
    step: Step,
}

/// Somebody who must have all that was committed when he asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
struct Waits {
    /// What that was, as a set of versions.
    asked: u8,
    /// The head, once the feed has said it.
    goal: Option<Cursor>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
enum Step {
    Fetch,
    Apply {
        incarnation: u8,
        page: Page,
    },
    /// The cursor, where it is not part of the batch.
    MoveCursor {
        to: Cursor,
    },
}

impl Puller {
    /// Has read the cursor.
    pub(super) fn one_page(consumer: &Consumer) -> Self {
        Self { cursor: consumer.cursor, waits: None, step: Step::Fetch }
    }

    pub(super) fn all(consumer: &Consumer, producer: &Producer) -> Self {
        let waits = Some(Waits { asked: producer.versions(), goal: None });
        Self { waits, ..Self::one_page(consumer) }
    }

    /// Its next step; `None`: that was the last one.
    pub(super) fn step(
        self,
        producer: &Producer,
        consumer: &mut Consumer,
        was_late: &mut bool,
        page_size: usize,
        guards: Guards,
    ) -> Option<Self> {
        match self.step {
            Step::Fetch => self.fetch(producer, consumer, was_late, page_size, guards),
            Step::Apply { incarnation, page } => {
                if guards.has(Guard::CursorAsRead) && consumer.cursor != self.cursor {
                    return self.again(consumer, was_late, guards);
                }
                let is_another = guards.has(Guard::IncarnationCompared)
                    && incarnation != self.cursor.incarnation
                    && self.cursor.position != Position::default();
                if is_another {
                    consumer.begin_again(incarnation, guards);
                    return self.again(consumer, was_late, guards);
                }
                consumer.apply(&page, guards);
                let last = page.iter().flatten().next_back().map_or(self.cursor.position, |entry| entry.at);
                let to = Cursor { incarnation, position: last };
                if !guards.has(Guard::CursorWithBatch) {
                    return Some(Self { step: Step::MoveCursor { to }, ..self });
                }
                consumer.cursor = to;
                self.again(consumer, was_late, guards)
            }
            Step::MoveCursor { to } => {
                consumer.cursor = to;
                self.again(consumer, was_late, guards)
            }
        }
    }

    fn fetch(
        mut self,
        producer: &Producer,
        consumer: &Consumer,
        was_late: &mut bool,
        page_size: usize,
        guards: Guards,
    ) -> Option<Self> {
        let page = producer.page(self.cursor.position, page_size, guards);
        let is_same = producer.incarnation == self.cursor.incarnation
            || self.cursor.position == Position::default()
            || !guards.has(Guard::IncarnationCompared);
        let has_moved = page[0].is_some() || !is_same;
        if let Some(waits) = &mut self.waits {
            let head = Cursor { incarnation: producer.incarnation, position: producer.head(guards) };
            let is_fresh = |goal: &Cursor| {
                goal.incarnation == head.incarnation || !guards.has(Guard::GoalOfThisIncarnation)
            };
            let goal = waits.goal.filter(is_fresh).unwrap_or(head);
            waits.goal = Some(goal);
            if !has_moved && self.cursor.position >= goal.position {
                *was_late |= waits.asked & !consumer.applied != 0;
                return None;
            }
        }
        if !has_moved {
            return self.again(consumer, was_late, guards);
        }
        Some(Self { step: Step::Apply { incarnation: producer.incarnation, page }, ..self })
    }

    /// Whoever waits for all goes on from where the cursor stands now, unless that is far enough; else that was it.
    fn again(self, consumer: &Consumer, was_late: &mut bool, guards: Guards) -> Option<Self> {
        let Waits { asked, goal } = self.waits?;
        let is_reached = |goal: Cursor| {
            let is_comparable = consumer.cursor.incarnation == goal.incarnation;
            consumer.cursor.position >= goal.position
                && (is_comparable || !guards.has(Guard::GoalOfThisIncarnation))
        };
        if goal.is_some_and(is_reached) {
            *was_late |= asked & !consumer.applied != 0;
            return None;
        }
        Some(Self { cursor: consumer.cursor, step: Step::Fetch, ..self })
    }
}

impl Consumer {
    fn apply(&mut self, page: &Page, guards: Guards) {
        for entry in page.iter().flatten() {
            let is_newer = |known: u8| entry.version > known || !guards.has(Guard::NewestWins);
            if self.version == 0 {
                self.version = entry.version;
            } else if is_newer(self.version) && is_newer(self.noted) {
                self.noted = entry.version;
            }
            self.count += 1;
            self.applied |= 1 << entry.version;
        }
    }

    /// The change's turn has come; whenever that is, since what it was noted for may be old by then.
    pub(super) fn carry_out(&mut self, guards: Guards) {
        if self.noted > self.version || (self.noted != 0 && !guards.has(Guard::NewestWins)) {
            self.version = self.noted;
        }
        self.noted = 0;
    }

    fn begin_again(&mut self, incarnation: u8, guards: Guards) {
        self.cursor = Cursor { incarnation, position: Position::default() };
        self.applied = 0;
        if guards.has(Guard::RestartEmptiesCounts) {
            self.count = 0;
        }
    }
}

//! `crates/feed/src/consumer/pull.rs`: a page is fetched, and applied together with the cursor.

use super::producer::{Entry, Incarnation, Producer, TRANSACTIONS};
use crate::guards::{Guard, Guards};

type Page = [Option<Entry>; TRANSACTIONS];

/// A row of `feed_cursors`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub(super) struct Cursor {
    incarnation: Incarnation,
    position: u8,
}

/// The consumer's database.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub(super) struct Consumer {
    cursor: Cursor,
    /// The newest known version of each subject.
    versions: [u8; 2],
    /// Changes that are noted and not carried out yet (rows of `event_changes`); 0 if there is none.
    noted: [u8; 2],
    /// An older version replaced a newer one.
    pub(super) went_back: bool,
    /// A count that commutes: how many rows were applied.
    count: u8,
    /// The transactions whose rows were applied, as a set.
    applied: u8,
    /// The rows that were applied.
    digest: u8,
}

/// A replica that pulls.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) struct Puller {
    cursor: Cursor,
    /// Set if it pulls until everything is applied.
    waiter: Option<Waiter>,
    step: Step,
}

/// A caller that must have everything that was committed when it called.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
struct Waiter {
    /// The transactions whose rows that were, as a set.
    required: u8,
    /// The head, after the feed has answered it.
    goal: Option<Cursor>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
enum Step {
    Fetch,
    /// Reads the other part of the horizon.
    FindHorizon {
        standing: Standing,
    },
    ReadRows {
        standing: Standing,
    },
    Apply {
        incarnation: Incarnation,
        page: Page,
    },
    /// Without the guard the cursor is not moved with the batch.
    MoveCursor {
        to: Cursor,
    },
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
struct Standing {
    incarnation: Incarnation,
    head: u8,
    /// As far as it is known yet.
    horizon: u8,
    /// What was committed when the read began, as a set, if rows are read from that snapshot.
    snapshot: Option<u8>,
}

impl Puller {
    pub(super) fn one_page(consumer: &Consumer) -> Self {
        Self { cursor: consumer.cursor, waiter: None, step: Step::Fetch }
    }

    pub(super) fn all(consumer: &Consumer, producer: &Producer) -> Self {
        let waiter = Some(Waiter { required: producer.committed(), goal: None });
        Self { waiter, ..Self::one_page(consumer) }
    }

    /// Returns the next step; `None`: this was the last one.
    pub(super) fn step(
        self,
        producer: &Producer,
        consumer: &mut Consumer,
        was_late: &mut bool,
        page_size: usize,
        guards: Guards,
    ) -> Option<Self> {
        match self.step {
            Step::Fetch => Some(Self { step: Self::begin_fetch(producer, guards), ..self }),
            // A connection to the other server is lost.
            Step::FindHorizon { standing } | Step::ReadRows { standing }
                if standing.incarnation.database != producer.incarnation.database =>
            {
                None
            }
            Step::FindHorizon { standing } => {
                let last_comes_first = guards.has(Guard::LastBeforeLocks);
                let other = if last_comes_first { producer.lowest_lock() } else { producer.last };
                let standing = Standing { horizon: standing.horizon.min(other), ..standing };
                Some(Self { step: Step::ReadRows { standing }, ..self })
            }
            Step::ReadRows { standing }
                if standing.incarnation != producer.incarnation && guards.has(Guard::PageOfOneGeneration) =>
            {
                Some(Self { step: Self::begin_fetch(producer, guards), ..self })
            }
            Step::ReadRows { standing } => {
                let visible = standing.snapshot.unwrap_or_else(|| producer.committed());
                let shown = (standing.horizon, visible);
                let page = producer.page(self.cursor.position, shown, page_size, guards);
                self.has_fetched(standing, page, producer, consumer, was_late, guards)
            }
            Step::Apply { incarnation, page } => {
                if guards.has(Guard::CursorAsRead) && consumer.cursor != self.cursor {
                    return self.again(producer, consumer, was_late, guards);
                }
                let is_another = guards.has(Guard::IncarnationCompared)
                    && incarnation != self.cursor.incarnation
                    && self.cursor.position != 0;
                if is_another {
                    // It has changed again: this pull ends, and a later one tries again.
                    if incarnation != producer.incarnation {
                        return None;
                    }
                    consumer.change_incarnation(incarnation, producer, guards);
                    return self.again(producer, consumer, was_late, guards);
                }
                consumer.apply(&page, guards);
                let last = page.iter().flatten().next_back().map_or(self.cursor.position, |entry| entry.at);
                let to = Cursor { incarnation, position: last };
                if !guards.has(Guard::CursorWithBatch) {
                    return Some(Self { step: Step::MoveCursor { to }, ..self });
                }
                consumer.cursor = to;
                self.again(producer, consumer, was_late, guards)
            }
            Step::MoveCursor { to } => {
                consumer.cursor = to;
                self.again(producer, consumer, was_late, guards)
            }
        }
    }

    /// The first statement of a fetch.
    fn begin_fetch(producer: &Producer, guards: Guards) -> Step {
        let last_comes_first = guards.has(Guard::LastBeforeLocks);
        let standing = Standing {
            incarnation: producer.incarnation,
            head: producer.head(guards),
            horizon: if last_comes_first { producer.last } else { producer.lowest_lock() },
            snapshot: (!guards.has(Guard::RowsAfterLocks)).then(|| producer.committed()),
        };
        Step::FindHorizon { standing }
    }

    fn has_fetched(
        mut self,
        standing: Standing,
        page: Page,
        producer: &Producer,
        consumer: &Consumer,
        was_late: &mut bool,
        guards: Guards,
    ) -> Option<Self> {
        let is_same = standing.incarnation == self.cursor.incarnation
            || self.cursor.position == 0
            || !guards.has(Guard::IncarnationCompared);
        let has_moved = page[0].is_some() || !is_same;
        if let Some(waiter) = &mut self.waiter {
            let head = Cursor { incarnation: standing.incarnation, position: standing.head };
            let is_fresh = |goal: &Cursor| {
                goal.incarnation == head.incarnation || !guards.has(Guard::GoalOfThisIncarnation)
            };
            let goal = waiter.goal.filter(is_fresh).unwrap_or(head);
            waiter.goal = Some(goal);
            if !has_moved && self.cursor.position >= goal.position {
                *was_late |= consumer.lacks(waiter.required, producer);
                return None;
            }
        }
        if !has_moved {
            return self.again(producer, consumer, was_late, guards);
        }
        Some(Self { step: Step::Apply { incarnation: standing.incarnation, page }, ..self })
    }

    /// A caller that waits for everything continues from the current cursor, unless that is far enough; others are
    /// done.
    fn again(
        self,
        producer: &Producer,
        consumer: &Consumer,
        was_late: &mut bool,
        guards: Guards,
    ) -> Option<Self> {
        let Waiter { required, goal } = self.waiter?;
        let is_reached = |goal: Cursor| {
            let is_comparable = consumer.cursor.incarnation == goal.incarnation;
            consumer.cursor.position >= goal.position
                && (is_comparable || !guards.has(Guard::GoalOfThisIncarnation))
        };
        if goal.is_some_and(is_reached) {
            *was_late |= consumer.lacks(required, producer);
            return None;
        }
        Some(Self { cursor: consumer.cursor, step: Step::Fetch, ..self })
    }
}

impl Consumer {
    fn apply(&mut self, page: &Page, guards: Guards) {
        for entry in page.iter().flatten() {
            let is_newer = |known: u8| entry.version > known || !guards.has(Guard::NewestWins);
            let (known, noted) = (&mut self.versions[entry.subject], &mut self.noted[entry.subject]);
            if *known == 0 {
                *known = entry.version;
            } else if is_newer(*known) && is_newer(*noted) {
                *noted = entry.version;
            }
            self.count += u8::try_from(entry.counts.count_ones()).unwrap_or(u8::MAX);
            self.applied |= entry.counts;
            self.digest |= entry.mark();
        }
    }

    /// Carries out the noted changes, at any time: what was noted may be outdated by then.
    pub(super) fn carry_out(&mut self, guards: Guards) {
        for (known, noted) in self.versions.iter_mut().zip(&mut self.noted) {
            let noted = std::mem::take(noted);
            if noted > *known || (noted != 0 && !guards.has(Guard::NewestWins)) {
                self.went_back |= noted < *known;
                *known = noted;
            }
        }
    }

    /// Whether it knows all that the producer has. It may know more if the producer lost acknowledged writes.
    pub(super) fn reflects(&self, producer: &Producer) -> bool {
        let knows = |(known, version): (&u8, &u8)| known >= version;
        self.versions.iter().zip(&producer.versions).all(knows)
            && u32::from(self.count) == producer.committed().count_ones()
    }

    /// Whether one of these that the producer still has is not applied.
    fn lacks(&self, required: u8, producer: &Producer) -> bool {
        required & producer.committed() & !self.applied != 0
    }

    /// `change_incarnation`: continues or starts over.
    fn change_incarnation(&mut self, incarnation: Incarnation, producer: &Producer, guards: Guards) {
        let Cursor { incarnation: known, position } = self.cursor;
        let archived_up_to = known.archived_up_to.max(incarnation.archived_up_to);
        let may_continue = position >= archived_up_to || !guards.has(Guard::BehindArchiveRestarts);
        let digest = producer.digest(position);
        let is_unchanged = digest == self.digest || known.database == incarnation.database;
        if may_continue && (is_unchanged || !guards.has(Guard::OnlyUnchangedGoesOn)) {
            (self.cursor.incarnation, self.digest) = (incarnation, digest);
        } else {
            self.start_over(incarnation, guards);
        }
    }

    fn start_over(&mut self, incarnation: Incarnation, guards: Guards) {
        self.cursor = Cursor { incarnation, position: 0 };
        (self.applied, self.digest) = (0, 0);
        if guards.has(Guard::RestartEmptiesCounts) {
            self.count = 0;
        }
    }
}

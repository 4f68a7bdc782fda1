//! `crates/feed/src/outbox.rs` and `crates/feed/src/producer/rows.rs`: rows are written with the id of their transaction,
//! and shown in the order of these ids.

use super::consumer::Consumer;
use crate::guards::{Guard, Guards};

pub(super) const TRANSACTIONS: usize = 3;

/// `Position`: a transaction's id, and the row's.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(super) struct Position {
    pub(super) transaction: u8,
    pub(super) row: u8,
}

/// A committed row, or one that would be.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(super) struct Entry {
    pub(super) at: Position,
    pub(super) version: u8,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
enum Transaction {
    #[default]
    Unborn,
    Open {
        id: u8,
        written: Option<Entry>,
    },
    Over,
}

/// The producer's database.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub(super) struct Producer {
    /// Which life of the feed the positions belong to.
    pub(super) incarnation: u8,
    /// The version of the one row that all change.
    version: u8,
    ids: u8,
    rows: u8,
    transactions: [Transaction; TRANSACTIONS],
    /// What is committed, in the order of positions.
    outbox: [Option<Entry>; TRANSACTIONS],
}

impl Producer {
    pub(super) fn begin(&mut self, transaction: usize) -> Option<()> {
        let transaction = &mut self.transactions[transaction];
        if *transaction != Transaction::Unborn {
            return None;
        }
        self.ids += 1;
        *transaction = Transaction::Open { id: self.ids, written: None };
        Some(())
    }

    /// Waits while another one has the row.
    pub(super) fn write(&mut self, transaction: usize) -> Option<()> {
        let has_written = |it: &Transaction| matches!(it, Transaction::Open { written: Some(_), .. });
        if self.transactions.iter().any(has_written) {
            return None;
        }
        let Transaction::Open { id, written } = &mut self.transactions[transaction] else { return None };
        self.rows += 1;
        let at = Position { transaction: *id, row: self.rows };
        *written = Some(Entry { at, version: self.version + 1 });
        Some(())
    }

    pub(super) fn commit(&mut self, transaction: usize) -> Option<()> {
        let Transaction::Open { written: Some(entry), .. } = self.transactions[transaction] else {
            return None;
        };
        self.transactions[transaction] = Transaction::Over;
        self.version = entry.version;
        *self.outbox.iter_mut().find(|row| row.is_none())? = Some(entry);
        self.sort();
        Some(())
    }

    pub(super) fn roll_back(&mut self, transaction: usize) -> Option<()> {
        let is_open = matches!(self.transactions[transaction], Transaction::Open { .. });
        self.transactions[transaction] = is_open.then_some(Transaction::Over)?;
        Some(())
    }

    pub(super) fn roll_back_all(&mut self) {
        for transaction in &mut self.transactions {
            *transaction = Transaction::Over;
        }
    }

    /// A logical restore sets the transaction ids of the outbox to 0, and ids begin anew.
    pub(super) fn restore(&mut self) -> Option<()> {
        self.incarnation = (self.incarnation == 0).then_some(1)?;
        self.ids = 0;
        for transaction in &mut self.transactions {
            if matches!(transaction, Transaction::Open { .. }) {
                *transaction = Transaction::Over;
            }
        }
        self.outbox.iter_mut().flatten().for_each(|row| row.at.transaction = 0);
        self.sort();
        Some(())
    }

    fn sort(&mut self) {
        self.outbox.sort_by_key(|row| (row.is_none(), *row));
    }

    /// The oldest transaction that may still commit, or the next one.
    fn xmin(&self) -> u8 {
        let open = self.transactions.iter().filter_map(|it| match it {
            Transaction::Open { id, .. } => Some(*id),
            _ => None,
        });
        open.min().unwrap_or(self.ids + 1)
    }

    fn is_shown(&self, entry: &Entry, guards: Guards) -> bool {
        entry.at.transaction < self.xmin() || !guards.has(Guard::BelowXmin)
    }

    /// `ReadEntries`.
    pub(super) fn page(&self, after: Position, size: usize, guards: Guards) -> [Option<Entry>; TRANSACTIONS] {
        let shown =
            self.outbox.iter().flatten().filter(|entry| entry.at > after && self.is_shown(entry, guards));
        let mut page = shown.take(size).copied();
        std::array::from_fn(|_| page.next())
    }

    /// `ReadStanding`: the last row that is committed, shown or not.
    pub(super) fn head(&self, guards: Guards) -> Position {
        let counts = |entry: &&Entry| guards.has(Guard::HeadCountsHidden) || self.is_shown(entry, guards);
        self.outbox.iter().flatten().rfind(counts).map(|entry| entry.at).unwrap_or_default()
    }

    /// The versions that are committed, as a set.
    pub(super) fn versions(&self) -> u8 {
        self.outbox.iter().flatten().fold(0, |versions, entry| versions | 1 << entry.version)
    }

    pub(super) fn is_told_by(&self, consumer: &Consumer) -> bool {
        consumer.version == self.version
            && usize::from(consumer.count) == self.outbox.iter().flatten().count()
    }

    pub(super) fn is_out_of_order(&self) -> bool {
        !self.outbox.iter().flatten().is_sorted_by_key(|entry| entry.version)
    }

    pub(super) fn holds_back(&self, guards: Guards) -> bool {
        self.outbox.iter().flatten().any(|entry| !self.is_shown(entry, guards))
    }
}

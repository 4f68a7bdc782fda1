//! `crates/feed/sql/outbox_horizon.sql`, `crates/feed/src/outbox.rs` and `crates/feed/src/producer/rows.rs`: a
//! transaction takes a lock that announces which id was assigned last, then an id for its row; and rows are shown up to
//! the horizon. `crates/feed/sql/outbox_archive.sql`: rows of one subject are replaced by one that adds them up.

use crate::guards::{Guard, Guards};

pub(super) const TRANSACTIONS: usize = 3;
const SUBJECTS: usize = 2;

/// Which database the positions belong to, and how much of it is archived.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub(super) struct Incarnation {
    pub(super) database: u8,
    generation: u8,
    pub(super) archived_up_to: u8,
}

/// A row that is committed, or may be.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(super) struct Entry {
    /// The row's id.
    pub(super) at: u8,
    pub(super) subject: usize,
    pub(super) version: u8,
    /// The transaction that wrote it.
    pub(super) by: usize,
    /// The transactions whose rows it counts, as a set: its own, or for a checkpoint all that were archived.
    pub(super) counts: u8,
    is_checkpoint: bool,
}

impl Entry {
    /// Its bit in a digest.
    pub(super) fn mark(&self) -> u8 {
        1 << (self.by + if self.is_checkpoint { TRANSACTIONS } else { 0 })
    }
}

/// What was committed last.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
enum Newest {
    #[default]
    Nothing,
    Transaction(usize),
    /// An archiving, with the outbox and its incarnation before it.
    Archive(Rows, Incarnation),
}

type Rows = [Option<Entry>; TRANSACTIONS];

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
enum Transaction {
    #[default]
    NotStarted,
    /// Has read which id was assigned last.
    HasRead {
        last: u8,
    },
    /// Holds the lock that announces it.
    Announced {
        last: u8,
    },
    /// Has its id, and the lock unless that follows.
    Written {
        entry: Entry,
        lock: Option<u8>,
    },
    Over,
}

/// The producer's database.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub(super) struct Producer {
    pub(super) incarnation: Incarnation,
    /// The id that was assigned last.
    pub(super) last: u8,
    /// The versions of the subjects.
    pub(super) versions: [u8; SUBJECTS],
    transactions: [Transaction; TRANSACTIONS],
    /// What is committed, in the order of positions.
    outbox: Rows,
    newest: Newest,
}

impl Producer {
    /// Reads which id was assigned last.
    pub(super) fn begin(&mut self, transaction: usize, guards: Guards) -> Option<()> {
        let is_not_started = self.transactions[transaction] == Transaction::NotStarted;
        (is_not_started && guards.has(Guard::LockBeforeId)).then_some(())?;
        self.transactions[transaction] = Transaction::HasRead { last: self.last };
        Some(())
    }

    /// Takes the lock.
    pub(super) fn announce(&mut self, transaction: usize) -> Option<()> {
        self.transactions[transaction] = match self.transactions[transaction] {
            Transaction::HasRead { last } => Transaction::Announced { last },
            Transaction::Written { entry, lock: None } => {
                Transaction::Written { entry, lock: Some(entry.at - 1) }
            }
            _ => return None,
        };
        Some(())
    }

    /// Takes an id and writes; waits while another transaction has locked the subject's row.
    pub(super) fn write(&mut self, transaction: usize, subjects: usize, guards: Guards) -> Option<()> {
        let subject = transaction % subjects;
        let has_subject =
            |it: &Transaction| matches!(it, Transaction::Written { entry, .. } if entry.subject == subject);
        if self.transactions.iter().any(has_subject) {
            return None;
        }
        let lock = match self.transactions[transaction] {
            Transaction::Announced { last } => Some(last),
            Transaction::NotStarted if !guards.has(Guard::LockBeforeId) => None,
            _ => return None,
        };
        self.last += 1;
        let version = self.versions[subject] + 1;
        let (counts, is_checkpoint) = (1 << transaction, false);
        let entry = Entry { at: self.last, subject, version, by: transaction, counts, is_checkpoint };
        self.transactions[transaction] = Transaction::Written { entry, lock };
        Some(())
    }

    /// What it wrote becomes visible, and its lock is released after that.
    pub(super) fn commit(&mut self, transaction: usize) -> Option<()> {
        let Transaction::Written { entry, lock: Some(_) } = self.transactions[transaction] else {
            return None;
        };
        self.transactions[transaction] = Transaction::Over;
        self.versions[entry.subject] = entry.version;
        self.newest = Newest::Transaction(transaction);
        *self.outbox.iter_mut().find(|row| row.is_none())? = Some(entry);
        self.sort();
        Some(())
    }

    pub(super) fn roll_back(&mut self, transaction: usize) -> Option<()> {
        let transaction = &mut self.transactions[transaction];
        let is_open = !matches!(transaction, Transaction::NotStarted | Transaction::Over);
        *transaction = is_open.then_some(Transaction::Over)?;
        Some(())
    }

    pub(super) fn roll_back_all(&mut self) {
        self.transactions = [Transaction::Over; TRANSACTIONS];
    }

    /// Archives the rows of a set of transactions: any that are committed, since months are not in the order of ids.
    /// What was archived before is archived with them.
    pub(super) fn archive(&mut self, which: u8, archives: u8) -> Option<()> {
        let is_archived = |entry: &Entry| entry.is_checkpoint || which & 1 << entry.by != 0;
        let are_there = self.outbox.iter().flatten().filter(|entry| !entry.is_checkpoint);
        let there = are_there.fold(0, |there, entry| there | 1 << entry.by);
        (self.incarnation.generation < archives && which != 0 && which & !there == 0).then_some(())?;
        self.newest = Newest::Archive(self.outbox, self.incarnation);
        let mut kept: Rows = self.outbox.map(|row| row.filter(|entry| !is_archived(entry)));
        for subject in 0..SUBJECTS {
            let rows =
                self.outbox.iter().flatten().filter(|entry| entry.subject == subject && is_archived(entry));
            let checkpoint = rows.copied().reduce(|sum, entry| Entry {
                version: entry.version.max(sum.version),
                counts: entry.counts | sum.counts,
                is_checkpoint: true,
                ..if entry.at > sum.at { entry } else { sum }
            });
            let checkpoint = checkpoint.map(|entry| Entry { is_checkpoint: true, ..entry });
            if checkpoint.is_some() {
                *kept.iter_mut().find(|row| row.is_none())? = checkpoint;
            }
        }
        let archived = self.outbox.iter().flatten().filter(|entry| is_archived(entry));
        self.incarnation.archived_up_to = archived.map(|entry| entry.at).max()?;
        self.incarnation.generation += 1;
        self.outbox = kept;
        self.sort();
        Some(())
    }

    /// Another server takes over that lacks what was committed last, so that its id is assigned again.
    pub(super) fn restore(&mut self) -> Option<()> {
        (self.incarnation.database == 0).then_some(())?;
        for transaction in &mut self.transactions {
            if *transaction != Transaction::NotStarted {
                *transaction = Transaction::Over;
            }
        }
        match self.newest {
            Newest::Nothing => {}
            Newest::Transaction(by) => self.outbox.iter_mut().for_each(|row| {
                row.take_if(|row| row.by == by && !row.is_checkpoint);
            }),
            Newest::Archive(rows, incarnation) => (self.outbox, self.incarnation) = (rows, incarnation),
        }
        self.incarnation.database = 1;
        self.newest = Newest::Nothing;
        self.sort();
        let rows = || self.outbox.iter().flatten();
        self.last = rows().map(|row| row.at).max().unwrap_or_default();
        self.versions = std::array::from_fn(|subject| {
            rows().filter(|row| row.subject == subject).map(|row| row.version).max().unwrap_or_default()
        });
        Some(())
    }

    fn sort(&mut self) {
        self.outbox.sort_by_key(|row| (row.is_none(), *row));
    }

    /// The lowest number of a lock that is held.
    pub(super) fn lowest_lock(&self) -> u8 {
        let locks = self.transactions.iter().filter_map(|it| match it {
            Transaction::Announced { last } => Some(*last),
            Transaction::Written { lock, .. } => *lock,
            _ => None,
        });
        locks.min().unwrap_or(u8::MAX)
    }

    fn is_shown(entry: &Entry, horizon: u8, guards: Guards) -> bool {
        entry.at <= horizon || !guards.has(Guard::BelowHorizon)
    }

    /// `ReadEntries`, if only these transactions are visible.
    pub(super) fn page(
        &self,
        after: u8,
        (horizon, visible): (u8, u8),
        size: usize,
        guards: Guards,
    ) -> [Option<Entry>; TRANSACTIONS] {
        let shown = self.outbox.iter().flatten().filter(|entry| {
            entry.at > after && visible & 1 << entry.by != 0 && Self::is_shown(entry, horizon, guards)
        });
        let mut page = shown.take(size).copied();
        std::array::from_fn(|_| page.next())
    }

    fn horizon(&self) -> u8 {
        self.last.min(self.lowest_lock())
    }

    /// `ReadStanding`: the last committed row, whether it is shown or not.
    pub(super) fn head(&self, guards: Guards) -> u8 {
        let counts = |entry: &&Entry| {
            guards.has(Guard::HeadCountsHidden) || Self::is_shown(entry, self.horizon(), guards)
        };
        self.outbox.iter().flatten().rfind(counts).map(|entry| entry.at).unwrap_or_default()
    }

    /// The transactions that are committed, as a set.
    pub(super) fn committed(&self) -> u8 {
        self.outbox.iter().flatten().fold(0, |committed, entry| committed | entry.counts)
    }

    /// The digest of the rows up to a position: of all of them, while the code's digest has only the newest.
    pub(super) fn digest(&self, position: u8) -> u8 {
        let rows = self.outbox.iter().flatten().filter(|entry| entry.at <= position);
        rows.fold(0, |digest, entry| digest | entry.mark())
    }

    /// A row is committed before one with a lower id.
    pub(super) fn is_overtaken(&self) -> bool {
        let open = self.transactions.iter().filter_map(|it| match it {
            Transaction::Written { entry, .. } => Some(entry.at),
            _ => None,
        });
        let highest = self.outbox.iter().flatten().map(|entry| entry.at).max();
        open.min().is_some_and(|lowest| highest.is_some_and(|highest| lowest < highest))
    }

    pub(super) fn holds_back(&self, guards: Guards) -> bool {
        self.outbox.iter().flatten().any(|entry| !Self::is_shown(entry, self.horizon(), guards))
    }
}

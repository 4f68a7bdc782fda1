//! What is checked: the protocol in sizes in which it must hold, and without each guard in a size in which it must not.

use std::time::Duration;

use crate::{
    buyer_limit::BuyerLimit,
    check::{Outcome, check},
    feed::Feed,
    guards::{Guard, Guards},
    postgres::{Transactions, standby::Replication},
    sale_terms::Terms,
    seats::{Layout, Sale},
    waitlist::Waitlist,
};

/// One of the models in one size.
#[derive(Clone, Copy, Debug)]
pub enum Run {
    Sale(Sale),
    Transactions(Transactions),
    Replication(Replication),
    BuyerLimit(BuyerLimit),
    Terms(Terms),
    Waitlist(Waitlist),
    Feed(Feed),
}

impl Run {
    #[must_use]
    pub fn with(self, guards: Guards) -> Self {
        match self {
            Self::Sale(it) => Self::Sale(Sale { guards, ..it }),
            Self::Transactions(it) => Self::Transactions(Transactions { guards, ..it }),
            Self::Replication(_) => Self::Replication(Replication { guards }),
            Self::BuyerLimit(_) => Self::BuyerLimit(BuyerLimit { guards }),
            Self::Terms(_) => Self::Terms(Terms { guards }),
            Self::Waitlist(it) => Self::Waitlist(Waitlist { guards, ..it }),
            Self::Feed(it) => Self::Feed(Feed { guards, ..it }),
        }
    }

    /// Explores all states, up to symmetry, or as many as the time limit allows.
    #[must_use]
    pub fn check(self, threads: usize, limit: Duration) -> Outcome {
        match self {
            Self::Sale(it) => check(it, threads, limit),
            Self::Transactions(it) => check(it, threads, limit),
            Self::Replication(it) => check(it, threads, limit),
            Self::BuyerLimit(it) => check(it, threads, limit),
            Self::Terms(it) => check(it, threads, limit),
            Self::Waitlist(it) => check(it, threads, limit),
            Self::Feed(it) => check(it, threads, limit),
        }
    }

    /// Without symmetry, so that a history is easier to read.
    #[must_use]
    pub fn plain(self) -> Self {
        match self {
            Self::Sale(it) => Self::Sale(Sale { symmetric: false, ..it }),
            other => other,
        }
    }
}

/// The seats of one event, and the number of concurrent use cases.
const fn sale(seats: usize, processes: usize) -> Sale {
    Sale::new(Layout::OneEvent(seats), processes)
}

const fn losing_all(sale: Sale) -> Sale {
    Sale { loads: true, loses_all: true, ..sale }
}

const fn losing_newest(sale: Sale) -> Sale {
    Sale { loads: true, loses_newest: true, ..sale }
}

const fn deleting(sale: Sale) -> Sale {
    Sale { loads: true, deletes: true, ..sale }
}

const fn growing(sale: Sale) -> Sale {
    Sale { grows: true, ..sale }
}

const fn not_loaded(sale: Sale) -> Sale {
    Sale { loads: true, begins_loaded: false, ..sale }
}

const fn two_events(processes: usize) -> Sale {
    Sale::new(Layout::TwoEvents, processes)
}

const fn transactions(bookings: usize) -> Run {
    Run::Transactions(Transactions { guards: Guards::All, bookings })
}

const fn waitlist(freed_max: u8) -> Waitlist {
    Waitlist { guards: Guards::All, processes: 2, freed_max, loses_all: false, deletes: false }
}

const fn feed(transactions: usize, page: usize) -> Feed {
    Feed { guards: Guards::All, transactions, page, subjects: 2, restores: false, archives: 0 }
}

/// Sizes that `cargo test` explores.
pub const SMALL: &[(&str, Run)] = &[
    ("seats-1-3", Run::Sale(sale(1, 3))),
    ("seats-2-1", Run::Sale(sale(2, 1))),
    ("seats-2-2", Run::Sale(sale(2, 2))),
    ("seats-1-2-first-load", Run::Sale(not_loaded(sale(1, 2)))),
    ("seats-1-2-losing-all", Run::Sale(losing_all(sale(1, 2)))),
    ("seats-2-1-losing-all", Run::Sale(losing_all(sale(2, 1)))),
    ("seats-1-1-losing-newest", Run::Sale(losing_newest(sale(1, 1)))),
    ("seats-1-2-deleting-losing-all", Run::Sale(losing_all(deleting(sale(1, 2))))),
    ("seats-1-1-deleting-losing-newest", Run::Sale(losing_newest(deleting(sale(1, 1))))),
    ("seats-2-1-growing-losing-all", Run::Sale(growing(losing_all(sale(2, 1))))),
    ("events-2-1", Run::Sale(two_events(1))),
    ("events-2-1-losing-all", Run::Sale(losing_all(two_events(1)))),
    ("events-2-1-deleting", Run::Sale(deleting(two_events(1)))),
    ("transactions-3", transactions(3)),
    ("replication", Run::Replication(Replication { guards: Guards::All })),
    ("buyer-limit", Run::BuyerLimit(BuyerLimit { guards: Guards::All })),
    ("sale-terms", Run::Terms(Terms { guards: Guards::All })),
    ("waitlist-2", Run::Waitlist(waitlist(2))),
    ("waitlist-1-losing-all", Run::Waitlist(Waitlist { loses_all: true, ..waitlist(1) })),
    ("waitlist-2-deleting", Run::Waitlist(Waitlist { deletes: true, ..waitlist(2) })),
    ("feed-3-1", Run::Feed(feed(3, 1))),
    ("feed-2-1-restoring", Run::Feed(Feed { restores: true, ..feed(2, 1) })),
    ("feed-2-1-archiving", Run::Feed(Feed { archives: 1, ..feed(2, 1) })),
];

/// Larger sizes, which take hours.
pub const LARGE: &[(&str, Run)] = &[
    ("seats-1-4", Run::Sale(sale(1, 4))),
    ("seats-2-3", Run::Sale(sale(2, 3))),
    ("seats-1-3-losing-all", Run::Sale(losing_all(sale(1, 3)))),
    ("seats-2-2-losing-all", Run::Sale(losing_all(sale(2, 2)))),
    ("seats-1-2-losing-newest", Run::Sale(losing_newest(sale(1, 2)))),
    ("seats-2-1-losing-newest", Run::Sale(losing_newest(sale(2, 1)))),
    ("seats-1-3-deleting-losing-all", Run::Sale(losing_all(deleting(sale(1, 3))))),
    ("seats-1-2-deleting-losing-newest", Run::Sale(losing_newest(deleting(sale(1, 2))))),
    ("seats-2-2-growing", Run::Sale(growing(sale(2, 2)))),
    ("seats-2-2-growing-losing-all", Run::Sale(growing(losing_all(sale(2, 2))))),
    ("events-2-1-deleting-losing-all", Run::Sale(losing_all(deleting(two_events(1))))),
    ("events-2-2", Run::Sale(two_events(2))),
    ("events-2-3", Run::Sale(two_events(3))),
    ("events-2-2-losing-all", Run::Sale(losing_all(two_events(2)))),
    ("waitlist-3", Run::Waitlist(waitlist(3))),
    ("waitlist-2-three-processes", Run::Waitlist(Waitlist { processes: 3, ..waitlist(2) })),
    ("waitlist-2-losing-all", Run::Waitlist(Waitlist { loses_all: true, ..waitlist(2) })),
    ("waitlist-3-deleting", Run::Waitlist(Waitlist { deletes: true, ..waitlist(3) })),
    ("feed-3-2", Run::Feed(feed(3, 2))),
    ("feed-3-1-restoring", Run::Feed(Feed { restores: true, ..feed(3, 1) })),
    ("feed-3-2-restoring", Run::Feed(Feed { restores: true, ..feed(3, 2) })),
    ("feed-3-1-archiving", Run::Feed(Feed { archives: 1, ..feed(3, 1) })),
    ("feed-2-1-archiving-restoring", Run::Feed(Feed { archives: 1, restores: true, ..feed(2, 1) })),
    ("feed-2-1-archiving-twice", Run::Feed(Feed { archives: 2, ..feed(2, 1) })),
    ("feed-2-1-archiving-twice-restoring", Run::Feed(Feed { archives: 2, restores: true, ..feed(2, 1) })),
];

/// The size in which the lack of a guard shows, and the property that it violates; for the guards in
/// [`NOT_NEEDED`](crate::guards::NOT_NEEDED), the size in which it might.
#[must_use]
pub fn without(guard: Guard) -> (Run, &'static str) {
    let (run, property) = find(guard);
    (run.with(Guards::Without(guard)), property)
}

fn find(guard: Guard) -> (Run, &'static str) {
    use Guard as G;
    let one = sale(1, 2);
    match guard {
        G::OneOwnerASeat => (Run::Sale(losing_all(one)), OWNERS),
        G::AttemptSettledOnce | G::UnknownIsVoided => (Run::Sale(one), "what is refused is not sold"),
        G::DeletedIsRefused => (Run::Sale(deleting(one)), "after a deletion nothing is sold"),
        G::ClaimEndsTheClock | G::CancelClaims | G::ReconcilerAsksAgain | G::ReconcilerClaims => {
            (Run::Sale(one), NEVER_OFFERED)
        }
        G::RestoreByAttempt | G::JanitorVoids => (Run::Sale(one), NEVER_OFFERED),
        G::FinishByAttempt
        | G::SettleByAttempt
        | G::ClaimNeedsOwnHold
        | G::ClaimSoldLooks
        | G::ExpiredHoldIsHeld => (Run::Sale(one), HOLDS),
        G::RepairAsRead | G::RepairInspectsFirst => (Run::Sale(one), HOLDS),
        G::Janitor | G::Reconciler => (Run::Sale(one), FREE_AGAIN),
        G::CountBySetbit => (Run::Sale(losing_all(one)), "what Valkey keeps is well-formed"),
        G::ReserveNeedsInventory | G::PublishNeedsLease | G::SnapshotUnderLease => {
            (Run::Sale(losing_all(one)), NEVER_OFFERED)
        }
        G::RepairNeedsInventory => (Run::Sale(losing_all(sale(2, 2))), NEVER_OFFERED),
        G::PublishNeedsNoInventory => (Run::Sale(not_loaded(one)), HOLDS),
        G::GrowNeedsInventory => (Run::Sale(growing(losing_all(sale(2, 1)))), NEVER_OFFERED),
        G::DropEndsLease | G::PurgeDropsFirst => {
            (Run::Sale(deleting(one)), "nothing of a purged event is left")
        }
        G::DeletedInventoryIsDropped => (Run::Sale(losing_newest(deleting(sale(1, 1)))), FREE_AGAIN),
        G::GrowOnlyRises => (Run::Sale(growing(sale(2, 1))), "what is on sale stays on sale"),
        G::ReconcilerGrows => (Run::Sale(growing(sale(2, 1))), FREE_AGAIN),
        G::ReleaseCountsSettled => (Run::Sale(two_events(1)), "what was released is free"),
        G::CapacityIsRefused => (Run::Sale(growing(losing_all(sale(2, 1)))), OWNERS),
        G::DropKeepsLease => (Run::Sale(losing_all(deleting(one))), OWNERS),
        G::BatchIsComplete => (transactions(2), "a booking is carried out as a whole or not at all"),
        G::BookingLocksEvents | G::CancelLocksEvent => {
            (transactions(2), "after a deletion nothing is booked or cancelled")
        }
        G::RefusedAlone => (transactions(2), "a refused booking does not affect others"),
        G::CancelsInTurn => (transactions(2), "a cancel is carried out as a whole or not at all"),
        G::VoidWritesAgain | G::ServerGivesUpLater | G::RepeatWaitsForStandby => {
            (Run::Replication(Replication { guards: Guards::All }), "an acknowledged booking stays")
        }
        G::LimitByPostgres | G::LimitUnderLock | G::CountAfterLock | G::LimitOfSnapshot => (
            Run::BuyerLimit(BuyerLimit { guards: Guards::All }),
            "nobody has more tickets than one buyer may",
        ),
        G::NewestTermsWin | G::FollowEndsLoad => {
            (Run::Terms(Terms { guards: Guards::All }), "what was answered is in effect")
        }
        G::NotifyLocksList
        | G::NotifyReadsUnderLock
        | G::WatermarkMovesWithNotifying
        | G::JoinReadsUnderLock => (Run::Waitlist(waitlist(3)), "each seat that came free is offered once"),
        G::OffersWhatIsFree => (Run::Waitlist(waitlist(2)), "no more seats are offered than are free"),
        G::WatermarkOfThisInventory => (Run::Waitlist(Waitlist { loses_all: true, ..waitlist(2) }), TOLD),
        G::JoinLocksList | G::OnlyTheFirstSetsWatermark => (Run::Waitlist(waitlist(2)), TOLD),
        G::JoinLocksEvent => {
            (Run::Waitlist(Waitlist { deletes: true, ..waitlist(1) }), "nobody waits for a purged event")
        }
        G::BelowHorizon | G::LockBeforeId | G::LastBeforeLocks | G::RowsAfterLocks => {
            (Run::Feed(feed(2, 1)), ONCE)
        }
        G::CursorWithBatch | G::CursorAsRead => (Run::Feed(feed(2, 1)), ONCE),
        G::NewestWins => {
            (Run::Feed(Feed { subjects: 1, restores: true, ..feed(2, 1) }), "what is known never gets older")
        }
        G::IncarnationCompared | G::OnlyUnchangedGoesOn => {
            (Run::Feed(Feed { restores: true, ..feed(2, 1) }), ONCE)
        }
        G::PageOfOneGeneration | G::BehindArchiveRestarts => {
            (Run::Feed(Feed { subjects: 1, archives: 1, ..feed(2, 1) }), ONCE)
        }
        G::RestartEmptiesCounts => (Run::Feed(Feed { restores: true, ..feed(2, 1) }), ONCE),
        G::HeadCountsHidden => (Run::Feed(feed(2, 1)), ALL),
        G::GoalOfThisIncarnation => (Run::Feed(Feed { restores: true, ..feed(2, 1) }), ALL),
    }
}

const OWNERS: &str = "no seat has two owners, and each keeps its owner";
const NEVER_OFFERED: &str = "a sold seat is never offered";
const HOLDS: &str = "a granted hold can be booked";
const FREE_AGAIN: &str = "every seat that nobody owns, holds or settles becomes free";
const TOLD: &str = "users who wait are notified of seats that came free";
const ONCE: &str = "no entry is skipped or counted twice, and the newest is known";
const ALL: &str = "a caller that waits for everything has everything";

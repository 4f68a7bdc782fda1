//! The guards of the protocol, one switch each. A model is checked with all of them, and once without each: then the
//! checker must find a history that breaks a promise, else the guard would not be needed.

/// One guard. Each names the place in the code that is the guard; paths without a crate are below
/// `services/ticketing/src/`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub enum Guard {
    // Seats: what Postgres refuses by itself
    /// A seat has one row in `tickets`, and so one owner: the primary key of `migrations/ticketing/*_tickets`, asked by
    /// `judged` and `written` in `outbound/postgres/book.rs`.
    OneOwnerASeat,
    /// An attempt is settled once, as booked or as void: the primary key of `bookings`, asked by `settled` in
    /// `outbound/postgres/book.rs`.
    AttemptSettledOnce,
    /// Nothing of a deleted event is sold: `locked.deleted` in `outbound/postgres/book.rs`.
    DeletedIsRefused,

    // Seats: claims
    /// Finish ends the attempt's own claims only: `claimed_by` in `outbound/valkey/finish.lua`.
    FinishByAttempt,
    /// Give back ends the attempt's own claims only: `claimed_by` in `outbound/valkey/restore_hold.lua`.
    RestoreByAttempt,
    /// Settle ends the attempt's own claims only: `claimed_by` in `outbound/valkey/settle.lua`.
    SettleByAttempt,
    /// A claimed seat is no member of `holds`, so that no time runs out under a booking: `ZREM` in
    /// `outbound/valkey/claim.lua`.
    ClaimEndsTheClock,
    /// Only a hold of the caller's own that has not expired can be claimed for booking: `all_held` in
    /// `outbound/valkey/claim.lua`.
    ClaimNeedsOwnHold,
    /// A cancel claims its seats before its transaction, and clears bits by that claim: `claim` in
    /// `usecases/cancel_tickets.rs`.
    CancelClaims,
    /// A cancel or a check claims only what is taken, not held and not claimed: the condition in
    /// `outbound/valkey/claim_sold.lua`.
    ClaimSoldLooks,
    /// There, a hold whose time has passed is a hold until it is taken back: `scores` in
    /// `outbound/valkey/claim_sold.lua`.
    ExpiredHoldIsHeld,

    // Seats: janitor and unknown outcomes
    /// There is a janitor: `usecases/settle_overdue.rs`.
    Janitor,
    /// The janitor voids a booking's attempt before it gives seats back: `ClaimKind::Book` in
    /// `usecases/settle_overdue.rs`.
    JanitorVoids,
    /// An unknown COMMIT is resolved by the same void: `resolve` in `usecases/book_tickets.rs`.
    UnknownIsVoided,

    // Seats: reconciler
    /// There is a reconciler: `usecases/reconcile_seats.rs`.
    Reconciler,
    /// The reconciler claims what it clears: `check` in `usecases/reconcile_seats.rs`.
    ReconcilerClaims,
    /// The reconciler asks Postgres again after it has claimed: `settle` in `usecases/attempt.rs`.
    ReconcilerAsksAgain,
    /// A repair touches a seat only as it was read: `free_still` and `held_still` in `outbound/valkey/repair.lua`.
    RepairAsRead,
    /// Before a repair, Valkey is read first and Postgres after it: `repair` in `usecases/reconcile_seats.rs`.
    RepairInspectsFirst,
    /// The count of taken seats changes by what SETBIT found: `newly` in `outbound/valkey/repair.lua`.
    CountBySetbit,

    // Seats: the map
    /// Without a map nothing is reserved: `not_loaded` in `outbound/valkey/reserve.lua`.
    ReserveNeedsInventory,
    /// Without a map nothing is repaired, since SETBIT would make one: `not_loaded` in `outbound/valkey/repair.lua`.
    RepairNeedsInventory,
    /// Without a map nothing grows, since SETBIT would make one: `not_loaded` in `outbound/valkey/grow.lua`.
    GrowNeedsInventory,
    /// A rebuilt map is published only under the rebuild's own lease: `outbound/valkey/publish.lua`.
    PublishNeedsLease,
    /// A rebuilt map is published only where there is none: `outbound/valkey/publish.lua`.
    PublishNeedsNoInventory,
    /// The snapshot is read under the lease: `usecases/load_inventory.rs`.
    SnapshotUnderLease,

    // Seats: deleting and growing
    /// Dropping an event ends the lease of a rebuild under way: `outbound/valkey/drop_event.lua`.
    DropEndsLease,
    /// An event is dropped before it is forgotten: `usecases/purge_deleted.rs`.
    PurgeDropsFirst,
    /// The map of a deleted event is dropped whenever it is met, also after the purge: a Valkey that lost its newest writes
    /// may bring it back: `deleted_among` in `usecases/drop_deleted_inventories.rs`, at each visit of the janitor and the reconciler.
    DeletedInventoryIsDropped,
    /// A capacity never falls: `capacity <= before` in `outbound/valkey/grow.lua`.
    GrowOnlyRises,
    /// The reconciler repeats growth: `grow` in `usecases/reconcile_seats.rs`.
    ReconcilerGrows,

    // Seats: release of several events
    /// A release whose claims the janitor has ended meanwhile is not answered "released" because of them:
    /// `release_restored` in `usecases/release_tickets.rs`.
    ReleaseCountsSettled,

    // Postgres, statement by statement
    /// A booking whose ticket met another's row rolls the whole batch back: `complete` in
    /// `outbound/postgres/book.rs` and `transact` in `outbound/postgres/booking_queue.rs`.
    BatchIsComplete,
    /// A booking locks the rows of its events until it commits: `locked` in `outbound/postgres/book.rs`.
    BookingLocksEvents,
    /// What is refused of a batch is refused alone: the verdicts of `outbound/postgres/book.rs`, and `alone` in
    /// `outbound/postgres/booking_queue.rs`.
    RefusedAlone,
    /// Cancels of one user and event are carried out one after the other: the advisory lock in
    /// `outbound/postgres/cancel.rs`.
    CancelsInTurn,
    /// A cancel locks its event's row until it commits: `for_share` in `outbound/postgres/cancel.rs`.
    CancelLocksEvent,
    /// The void writes a row that is there already once more, so that its answer waits for the standbys:
    /// `void_unless_booked` in `outbound/postgres/bookings.rs`.
    VoidWritesAgain,
    /// A commit that is cut short while it waits for a standby is believed by nobody, since the server gives up later
    /// than the client: `limit_in_the_server` in `crates/postgres/src/config.rs`.
    ServerGivesUpLater,
    /// A repeated booking is answered from rows that the standbys have: `confirm` in `outbound/postgres/bookings.rs`,
    /// asked by `is_confirmed` in `usecases/book_tickets.rs`.
    RepeatWaitsForStandby,

    // Waitlist
    /// Telling locks the list until it commits: `lock` in `notify`, `outbound/postgres/waitlist_store.rs`.
    NotifyLocksList,
    /// Telling reads the sale after it has locked: `notify` in `outbound/postgres/waitlist_store.rs`.
    NotifyReadsUnderLock,
    /// What was seen moves in the transaction that tells: `set_watermark` in `notify`,
    /// `outbound/postgres/waitlist_store.rs`.
    WatermarkMovesWithNotifying,
    /// No more is announced than is free: `min(now.free_now)` in `domain/waitlist.rs`.
    OffersWhatIsFree,
    /// What was seen counts within one map only: `seen.epoch == now.epoch` in `domain/waitlist.rs`.
    WatermarkOfThisInventory,
    /// Joining locks the list: `lock` in `join`, `outbound/postgres/waitlist_store.rs`.
    JoinLocksList,
    /// Only the first of an empty list sets what was seen: `anybody_waits` in `join`,
    /// `outbound/postgres/waitlist_store.rs`.
    OnlyTheFirstSetsWatermark,
    /// Joining reads the sale after it has locked, so that what was seen never goes back to before a telling: `sale_state`
    /// in `outbound/postgres/waitlist_store.rs`.
    JoinReadsUnderLock,
    /// Joining locks the event's row, so that no deletion comes between the look and the entry: `for_share` in `join`,
    /// `outbound/postgres/waitlist_store.rs`.
    JoinLocksEvent,

    // Feed
    /// A row is shown when none before it can still be committed: `horizon` in `crates/feed/src/producer/rows.rs`.
    BelowHorizon,
    /// A transaction says how far ids were given out before it takes one: the trigger `outbox_announce` of
    /// `crates/feed/sql/outbox_horizon.sql`.
    LockBeforeId,
    /// The last id that was given out is read before the locks: the order of statements in `outbox_horizon`,
    /// `crates/feed/sql/outbox_horizon.sql`.
    LastBeforeLocks,
    /// Rows are read by a later statement than the horizon, with a snapshot of its own: `read_page` in
    /// `crates/feed/src/producer/rows.rs`.
    RowsAfterLocks,
    /// The newest version wins, whenever it comes: `noted.version < excluded.version` and `events.version < state.version` in
    /// `outbound/postgres/event_states.rs`.
    NewestWins,
    /// A batch and its cursor move in one transaction: `apply_in` in `crates/feed/src/consumer/pull.rs`.
    CursorWithBatch,
    /// A batch is applied only where the cursor is still where the batch begins: `expect` in
    /// `crates/feed/src/consumer/pull.rs`.
    CursorAsRead,
    /// Positions of another incarnation are not taken for the same: `change_incarnation` in
    /// `crates/feed/src/consumer/pull.rs`.
    IncarnationCompared,
    /// It is read on only where the rows that were applied are all there still, else from the start: `is_unchanged` in
    /// `crates/feed/src/consumer/pull.rs`.
    OnlyUnchangedGoesOn,
    /// A page has rows of one generation of the archive: `generation` in `crates/feed/src/producer/rows.rs`.
    PageOfOneGeneration,
    /// Whoever has read only a part of what is archived begins anew: `archived_up_to` in
    /// `crates/feed/src/consumer/pull.rs`.
    BehindArchiveRestarts,
    /// What counts is emptied before it is counted again: `restarted` in `services/analytics/src/inbound/feed.rs`.
    RestartEmptiesCounts,
    /// A reader who must have all waits for the head, rows that are not shown yet included: `ReadStanding` in
    /// `crates/feed/src/producer/rows.rs`.
    HeadCountsHidden,
    /// Such a reader compares the head only with a cursor of the same incarnation, and takes a new one where the feed has
    /// another: `pull_until` in `crates/feed/src/consumer.rs`.
    GoalOfThisIncarnation,

    // What looks like a guard and is none: without it nothing breaks
    /// A seat beyond the capacity is refused: `wanted.seat > locked.seat_count` in `outbound/postgres/book.rs`. Valkey
    /// has its capacity from what Postgres has committed, so nobody holds such a seat. It stays, since Postgres trusts
    /// nobody.
    CapacityIsRefused,
    /// The lease that dropping takes is kept for a day: `DROPPED_FOR` in `outbound/valkey/inventory.rs`. That it is no
    /// rebuild's own any more is enough: a later rebuild reads its snapshot under its own lease, and finds no event. It
    /// stays, since it spares Valkey those rebuilds.
    DropKeepsLease,
}

/// Guards without which nothing breaks; why they stay is said where they stand.
pub const NOT_NEEDED: &[Guard] = &[Guard::CapacityIsRefused, Guard::DropKeepsLease];

/// The guards that are on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Guards {
    /// Every one.
    All,
    /// Every other one.
    Without(Guard),
}

impl Guards {
    pub(crate) fn has(self, guard: Guard) -> bool {
        match self {
            Self::All => true,
            Self::Without(off) => guard != off,
        }
    }
}

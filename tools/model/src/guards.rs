//! The guards of the protocol, one switch for each. A model is checked with all of them, and once without each: then a
//! history must be found that violates a property, since otherwise the guard would not be needed.

/// Each guard names its place in the code. Paths that do not begin with a top folder are below
/// `services/ticketing/src/`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub enum Guard {
    // Seats: what Postgres refuses on its own
    /// A seat has one row in `tickets`, and so one owner: the primary key of `migrations/ticketing/*_tickets`, used by
    /// `judged` and `written` in `outbound/postgres/book.rs`.
    OneOwnerASeat,
    /// An attempt is settled once, as booked or as void: the primary key of `bookings`, used by `settled` in
    /// `outbound/postgres/book.rs`.
    AttemptSettledOnce,
    /// Nothing of a deleted event is sold: `locked.deleted` in `outbound/postgres/book.rs`.
    DeletedIsRefused,

    // Seats: claims
    /// Finishing ends only the attempt's own claims: `claimed_by` in `outbound/valkey/finish.lua`.
    FinishByAttempt,
    /// Restoring ends only the attempt's own claims: `claimed_by` in `outbound/valkey/restore_hold.lua`.
    RestoreByAttempt,
    /// Settling ends only the attempt's own claims: `claimed_by` in `outbound/valkey/settle.lua`.
    SettleByAttempt,
    /// A claimed seat is not a member of `holds`, so that a hold does not expire during its booking: `ZREM` in
    /// `outbound/valkey/claim.lua`.
    ClaimEndsTheClock,
    /// Only the caller's own holds that have not expired can be claimed for a booking: `all_held` in
    /// `outbound/valkey/claim.lua`.
    ClaimNeedsOwnHold,
    /// A cancel claims its seats before its transaction, and clears bits by that claim: `claim` in
    /// `usecases/cancelling.rs`.
    CancelClaims,
    /// A cancel or a check claims only seats that are taken, and neither held nor claimed: the condition in
    /// `outbound/valkey/claim_sold.lua`.
    ClaimSoldLooks,
    /// There, a hold whose time has passed counts as a hold until `expire_holds` ends it: `scores` in
    /// `outbound/valkey/claim_sold.lua`.
    ExpiredHoldIsHeld,

    // Seats: janitor and unknown outcomes
    /// There is a janitor: `usecases/settle_overdue.rs`.
    Janitor,
    /// The janitor voids a booking's attempt before it restores holds: `ClaimKind::Book` in
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

    // Seats: the inventory
    /// Without an inventory nothing is reserved: `bytes` in `outbound/valkey/reserve.lua`.
    ReserveNeedsInventory,
    /// Without an inventory nothing is repaired, since SETBIT would create one: `not_loaded` in
    /// `outbound/valkey/repair.lua`.
    RepairNeedsInventory,
    /// Without an inventory nothing grows, since SETBIT would create one: `not_loaded` in `outbound/valkey/follow.lua`.
    GrowNeedsInventory,
    /// An inventory is published only under the load's own lease: `outbound/valkey/publish.lua`.
    PublishNeedsLease,
    /// An inventory is published only if there is none: `outbound/valkey/publish.lua`.
    PublishNeedsNoInventory,
    /// The snapshot is read under the lease: `usecases/load_inventory.rs`.
    SnapshotUnderLease,

    // Seats: deleting and growing
    /// Dropping an event ends the lease of a load under way: `outbound/valkey/drop_event.lua`.
    DropEndsLease,
    /// An event is dropped in Valkey before its rows are removed: `usecases/purge_deleted.rs`.
    PurgeDropsFirst,
    /// The inventory of a deleted event is dropped whenever it is found, even after the purge, since a Valkey that lost
    /// its newest writes may bring it back: `deleted_among` in `usecases/drop_deleted_inventories.rs`, at each visit of
    /// the janitor and the reconciler.
    DeletedInventoryIsDropped,
    /// A capacity never falls: `capacity <= before` in `outbound/valkey/follow.lua`.
    GrowOnlyRises,
    /// The reconciler repeats growing: `follow` in `usecases/reconcile_seats.rs`.
    ReconcilerGrows,

    // The terms of a sale
    /// Older terms never replace newer ones: `known` in `outbound/valkey/prelude.lua`.
    NewestTermsWin,
    /// Who finds no inventory to change ends the lease of a load, which may have read older terms: `DEL` in
    /// `outbound/valkey/follow.lua`.
    FollowEndsLoad,

    // Seats: release of several events
    /// A release whose claims the janitor has ended meanwhile is not answered "released" because of them:
    /// `release_held` in `usecases/release_of_several_events.rs`.
    ReleaseCountsSettled,

    // Postgres, statement by statement
    /// A booking whose ticket conflicts with another row rolls back the whole batch: `complete` in
    /// `outbound/postgres/book.rs` and `transact` in `outbound/postgres/booking_queue.rs`.
    BatchIsComplete,
    /// A booking locks the rows of its events until it commits: `locked` in `outbound/postgres/book.rs`.
    BookingLocksEvents,
    /// A refused booking of a batch is refused alone: the verdicts of `outbound/postgres/book.rs`, and `alone` in
    /// `outbound/postgres/booking_queue.rs`.
    RefusedAlone,
    /// Cancels of one user and event are carried out one after the other: the advisory locks in `take_turn` in
    /// `outbound/postgres/cancel.rs`.
    CancelsInTurn,
    /// A cancel locks its event's row until it commits: `for_share` in `outbound/postgres/cancel.rs`.
    CancelLocksEvent,
    /// Postgres decides about the limit of a buyer, whatever Valkey granted: `limited.is_over` in
    /// `outbound/postgres/book.rs`.
    LimitByPostgres,
    /// There, a booking that a limit concerns is judged only under the buyer's lock: `limited.is_locked` in
    /// `outbound/postgres/book.rs`.
    LimitUnderLock,
    /// The buyer's tickets are counted by a later statement than the one that took the lock: `lock_buyers` in
    /// `outbound/postgres/booking_queue.rs`.
    CountAfterLock,
    /// A limit that is newer than the statement's snapshot is not judged, since bookings that the snapshot does not show may have been
    /// made without it: `is_newer` in `outbound/postgres/book.rs`.
    LimitOfSnapshot,
    /// The void writes even a row that exists already, so that its answer waits for the standbys: `void_unless_booked`
    /// in `outbound/postgres/bookings.rs`.
    VoidWritesAgain,
    /// Nobody trusts a commit that is cut short while it waits for a standby, since the server times out later than the
    /// client: `statement_timeout` in `crates/postgres/src/config.rs`.
    ServerGivesUpLater,
    /// A repeated booking is answered from rows that the standbys have: `confirm` in `outbound/postgres/bookings.rs`,
    /// called by `is_confirmed` in `usecases/book_tickets.rs`.
    RepeatWaitsForStandby,

    // Waitlist
    /// Notifying locks the list until it commits: `lock` in `notify`, `outbound/postgres/waitlist_store.rs`.
    NotifyLocksList,
    /// Notifying reads the sale after it has locked the list: `notify` in `outbound/postgres/waitlist_store.rs`.
    NotifyReadsUnderLock,
    /// The watermark moves in the transaction that notifies: `set_watermark` in `notify`,
    /// `outbound/postgres/waitlist_store.rs`.
    WatermarkMovesWithNotifying,
    /// No more seats are offered than are free: `min(now.free_now)` in `domain/waitlist.rs`.
    OffersWhatIsFree,
    /// The watermark counts only within one inventory: `seen.epoch == now.epoch` in `domain/waitlist.rs`.
    WatermarkOfThisInventory,
    /// Joining locks the list: `lock` in `join`, `outbound/postgres/waitlist_store.rs`.
    JoinLocksList,
    /// Only the first user in an empty list sets the watermark: `anybody_waits` in `join`,
    /// `outbound/postgres/waitlist_store.rs`.
    OnlyTheFirstSetsWatermark,
    /// Joining reads the sale after it has locked the list, so that the watermark never goes back to before a
    /// notifying: `sale_state` in `outbound/postgres/waitlist_store.rs`.
    JoinReadsUnderLock,
    /// Joining locks the event's row, so that the event is not deleted between the check and the entry: `for_share` in
    /// `join`, `outbound/postgres/waitlist_store.rs`.
    JoinLocksEvent,

    // Feed
    /// A row is shown when no row before it can still be committed: `horizon` in `crates/feed/src/producer/rows.rs`.
    BelowHorizon,
    /// A transaction announces which id was assigned last before it takes one: the trigger `outbox_announce` of
    /// `crates/feed/sql/outbox_horizon.sql`.
    LockBeforeId,
    /// The last assigned id is read before the locks: the order of statements in `outbox_horizon`,
    /// `crates/feed/sql/outbox_horizon.sql`.
    LastBeforeLocks,
    /// Rows are read by a later statement than the horizon, with a snapshot of its own: `read_page` in
    /// `crates/feed/src/producer/rows.rs`.
    RowsAfterLocks,
    /// The newest version wins, whenever it arrives: `noted.version < excluded.version` and `events.version <
    /// state.version` in `outbound/postgres/event_states.rs`.
    NewestWins,
    /// A batch and its cursor move in one transaction: `apply_in` in `crates/feed/src/consumer/pull.rs`.
    CursorWithBatch,
    /// A batch is applied only if the cursor still is where the batch begins: `expect` in
    /// `crates/feed/src/consumer/pull.rs`.
    CursorAsRead,
    /// Positions of another incarnation are not taken for the same ones: `change_incarnation` in
    /// `crates/feed/src/consumer/pull.rs`.
    IncarnationCompared,
    /// Reading continues only if all applied rows still exist, and starts over otherwise: `is_unchanged` in
    /// `crates/feed/src/consumer/pull.rs`.
    OnlyUnchangedGoesOn,
    /// All rows of a page are of one generation of the archive: `generation` in `crates/feed/src/producer/rows.rs`.
    PageOfOneGeneration,
    /// A consumer that has read only a part of what is archived starts over: `archived_up_to` in
    /// `crates/feed/src/consumer/pull.rs`.
    BehindArchiveRestarts,
    /// Counts are emptied before they are counted again: `restarted` in `services/analytics/src/inbound/feed.rs`.
    RestartEmptiesCounts,
    /// A reader that must have everything waits for the head, including rows that are not shown yet: `ReadStanding` in
    /// `crates/feed/src/producer/rows.rs`.
    HeadCountsHidden,
    /// Such a reader compares the head only with a cursor of the same incarnation, and takes a new head if the
    /// incarnation has changed: `pull_until` in `crates/feed/src/consumer.rs`.
    GoalOfThisIncarnation,

    // What looks like a guard and is not one: without it nothing is violated
    /// A seat beyond the capacity is refused: `wanted.seat > locked.seat_count` in `outbound/postgres/book.rs`. Valkey
    /// gets its capacity from what Postgres has committed, so nobody holds such a seat. It stays, since Postgres trusts
    /// nobody.
    CapacityIsRefused,
    /// The lease that dropping sets is kept for a day: `DROPPED_FOR` in `outbound/valkey/inventory.rs`. It would be
    /// enough that the lease is no longer a load's own: a later load reads its snapshot under its own lease, and finds
    /// no event. It stays, since it spares Valkey those loads.
    DropKeepsLease,
}

/// Guards without which nothing is violated. Their docs say why they stay.
pub const NOT_NEEDED: &[Guard] = &[Guard::CapacityIsRefused, Guard::DropKeepsLease];

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Guards {
    All,
    /// All but one.
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

//! Without any one of its guards the protocol breaks a promise, and the checker finds how.

use std::time::Duration;

use booked_model::{
    guards::{Guard, NOT_NEEDED},
    runs::without,
};
use clap::ValueEnum as _;

const LIMIT: Duration = Duration::from_secs(600);

fn breaks(guard: Guard) {
    let (run, property) = without(guard);
    let outcome = run.check(1, LIMIT);
    assert!(
        outcome.violations.iter().any(|(broken, _)| *broken == property),
        "without {guard:?} it should break that {property}; it broke {:?} in {} states",
        outcome.violations.iter().map(|(name, _)| name).collect::<Vec<_>>(),
        outcome.states
    );
}

fn breaks_nothing(guard: Guard) {
    let (run, _) = without(guard);
    let outcome = run.check(1, LIMIT);
    assert!(outcome.is_exhaustive, "without {guard:?}: {:?}", outcome.violations);
}

macro_rules! guards {
    ($($name:ident $guard:ident $found:ident)*) => {
        $(#[test]
        fn $name() {
            $found(Guard::$guard);
        })*

        const TESTED: &[Guard] = &[$(Guard::$guard),*];
    };
}

guards! {
    one_owner_a_seat OneOwnerASeat breaks
    attempt_settled_once AttemptSettledOnce breaks
    deleted_is_refused DeletedIsRefused breaks
    finish_by_attempt FinishByAttempt breaks
    restore_by_attempt RestoreByAttempt breaks
    settle_by_attempt SettleByAttempt breaks
    claim_ends_the_clock ClaimEndsTheClock breaks
    claim_needs_own_hold ClaimNeedsOwnHold breaks
    cancel_claims CancelClaims breaks
    claim_sold_looks ClaimSoldLooks breaks
    expired_hold_is_held ExpiredHoldIsHeld breaks
    janitor Janitor breaks
    janitor_voids JanitorVoids breaks
    unknown_is_voided UnknownIsVoided breaks
    reconciler Reconciler breaks
    reconciler_claims ReconcilerClaims breaks
    reconciler_asks_again ReconcilerAsksAgain breaks
    repair_as_read RepairAsRead breaks
    repair_inspects_first RepairInspectsFirst breaks
    count_by_setbit CountBySetbit breaks
    reserve_needs_inventory ReserveNeedsInventory breaks
    repair_needs_inventory RepairNeedsInventory breaks
    grow_needs_inventory GrowNeedsInventory breaks
    publish_needs_lease PublishNeedsLease breaks
    publish_needs_no_inventory PublishNeedsNoInventory breaks
    snapshot_under_lease SnapshotUnderLease breaks
    drop_ends_lease DropEndsLease breaks
    purge_drops_first PurgeDropsFirst breaks
    deleted_inventory_is_dropped DeletedInventoryIsDropped breaks
    grow_only_rises GrowOnlyRises breaks
    reconciler_grows ReconcilerGrows breaks
    release_counts_settled ReleaseCountsSettled breaks
    batch_is_complete BatchIsComplete breaks
    booking_locks_events BookingLocksEvents breaks
    refused_alone RefusedAlone breaks
    cancels_in_turn CancelsInTurn breaks
    cancel_locks_event CancelLocksEvent breaks
    void_writes_again VoidWritesAgain breaks
    server_gives_up_later ServerGivesUpLater breaks
    repeat_waits_for_standby RepeatWaitsForStandby breaks
    notify_locks_list NotifyLocksList breaks
    notify_reads_under_lock NotifyReadsUnderLock breaks
    watermark_moves_with_notifying WatermarkMovesWithNotifying breaks
    offers_what_is_free OffersWhatIsFree breaks
    watermark_of_this_inventory WatermarkOfThisInventory breaks
    join_locks_list JoinLocksList breaks
    only_the_first_sets_watermark OnlyTheFirstSetsWatermark breaks
    join_reads_under_lock JoinReadsUnderLock breaks
    join_locks_event JoinLocksEvent breaks
    below_horizon BelowHorizon breaks
    lock_before_id LockBeforeId breaks
    last_before_locks LastBeforeLocks breaks
    rows_after_locks RowsAfterLocks breaks
    newest_wins NewestWins breaks
    cursor_with_batch CursorWithBatch breaks
    cursor_as_read CursorAsRead breaks
    incarnation_compared IncarnationCompared breaks
    only_unchanged_goes_on OnlyUnchangedGoesOn breaks
    page_of_one_generation PageOfOneGeneration breaks
    behind_archive_restarts BehindArchiveRestarts breaks
    restart_empties_counts RestartEmptiesCounts breaks
    head_counts_hidden HeadCountsHidden breaks
    goal_of_this_incarnation GoalOfThisIncarnation breaks
    capacity_is_refused CapacityIsRefused breaks_nothing
    drop_keeps_lease DropKeepsLease breaks_nothing
}

#[test]
fn every_guard_has_its_test() {
    for guard in Guard::value_variants() {
        assert!(TESTED.contains(guard), "{guard:?} has no test");
    }
    assert!(NOT_NEEDED.iter().all(|guard| TESTED.contains(guard)));
}

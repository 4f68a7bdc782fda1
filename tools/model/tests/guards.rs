//! Without any one of its guards the protocol violates a property, and a history that shows it is found.

use std::time::Duration;

use booked_model::{
    guards::{Guard, NOT_NEEDED},
    runs::without,
};
use clap::ValueEnum as _;

const LIMIT: Duration = Duration::from_secs(600);

fn violates(guard: Guard) {
    let (run, property) = without(guard);
    let outcome = run.check(1, LIMIT);
    assert!(
        outcome.violations.iter().any(|(violated, _)| *violated == property),
        "without {guard:?} {property:?} should be violated, and {:?} was, in {} states",
        outcome.violations.iter().map(|(name, _)| name).collect::<Vec<_>>(),
        outcome.states
    );
}

fn violates_nothing(guard: Guard) {
    let (run, _) = without(guard);
    let outcome = run.check(1, LIMIT);
    assert!(outcome.is_exhaustive, "without {guard:?}: {:?}", outcome.violations);
}

macro_rules! guards {
    ($($name:ident $guard:ident $expected:ident)*) => {
        $(#[test]
        fn $name() {
            $expected(Guard::$guard);
        })*

        const TESTED: &[Guard] = &[$(Guard::$guard),*];
    };
}

guards! {
    one_owner_a_seat OneOwnerASeat violates
    attempt_settled_once AttemptSettledOnce violates
    deleted_is_refused DeletedIsRefused violates
    finish_by_attempt FinishByAttempt violates
    restore_by_attempt RestoreByAttempt violates
    settle_by_attempt SettleByAttempt violates
    claim_ends_the_clock ClaimEndsTheClock violates
    claim_needs_own_hold ClaimNeedsOwnHold violates
    cancel_claims CancelClaims violates
    claim_sold_looks ClaimSoldLooks violates
    expired_hold_is_held ExpiredHoldIsHeld violates
    janitor Janitor violates
    janitor_voids JanitorVoids violates
    unknown_is_voided UnknownIsVoided violates
    reconciler Reconciler violates
    reconciler_claims ReconcilerClaims violates
    reconciler_asks_again ReconcilerAsksAgain violates
    repair_as_read RepairAsRead violates
    repair_inspects_first RepairInspectsFirst violates
    count_by_setbit CountBySetbit violates
    reserve_needs_inventory ReserveNeedsInventory violates
    repair_needs_inventory RepairNeedsInventory violates
    grow_needs_inventory GrowNeedsInventory violates
    publish_needs_lease PublishNeedsLease violates
    publish_needs_no_inventory PublishNeedsNoInventory violates
    snapshot_under_lease SnapshotUnderLease violates
    drop_ends_lease DropEndsLease violates
    purge_drops_first PurgeDropsFirst violates
    deleted_inventory_is_dropped DeletedInventoryIsDropped violates
    grow_only_rises GrowOnlyRises violates
    reconciler_grows ReconcilerGrows violates
    release_counts_settled ReleaseCountsSettled violates
    batch_is_complete BatchIsComplete violates
    booking_locks_events BookingLocksEvents violates
    refused_alone RefusedAlone violates
    cancels_in_turn CancelsInTurn violates
    cancel_locks_event CancelLocksEvent violates
    limit_by_postgres LimitByPostgres violates
    limit_under_lock LimitUnderLock violates
    count_after_lock CountAfterLock violates
    limit_of_snapshot LimitOfSnapshot violates
    newest_terms_win NewestTermsWin violates
    follow_ends_load FollowEndsLoad violates
    void_writes_again VoidWritesAgain violates
    server_gives_up_later ServerGivesUpLater violates
    repeat_waits_for_standby RepeatWaitsForStandby violates
    notify_locks_list NotifyLocksList violates
    notify_reads_under_lock NotifyReadsUnderLock violates
    watermark_moves_with_notifying WatermarkMovesWithNotifying violates
    offers_what_is_free OffersWhatIsFree violates
    watermark_of_this_inventory WatermarkOfThisInventory violates
    join_locks_list JoinLocksList violates
    only_the_first_sets_watermark OnlyTheFirstSetsWatermark violates
    join_reads_under_lock JoinReadsUnderLock violates
    join_locks_event JoinLocksEvent violates
    below_horizon BelowHorizon violates
    lock_before_id LockBeforeId violates
    last_before_locks LastBeforeLocks violates
    rows_after_locks RowsAfterLocks violates
    newest_wins NewestWins violates
    cursor_with_batch CursorWithBatch violates
    cursor_as_read CursorAsRead violates
    incarnation_compared IncarnationCompared violates
    only_unchanged_goes_on OnlyUnchangedGoesOn violates
    page_of_one_generation PageOfOneGeneration violates
    behind_archive_restarts BehindArchiveRestarts violates
    restart_empties_counts RestartEmptiesCounts violates
    head_counts_hidden HeadCountsHidden violates
    goal_of_this_incarnation GoalOfThisIncarnation violates
    capacity_is_refused CapacityIsRefused violates_nothing
    drop_keeps_lease DropKeepsLease violates_nothing
}

#[test]
fn every_guard_has_its_test() {
    for guard in Guard::value_variants() {
        assert!(TESTED.contains(guard), "{guard:?} has no test");
    }
    assert!(NOT_NEEDED.iter().all(|guard| TESTED.contains(guard)));
}

//! The checker checked: with each real guard of the protocol switched off, a schedule that breaks a promise must be found
//! wrong; with all of them the same schedule must be found right.
//!
//! A guard is off in a whole process, so the schedule runs again in a process of its own. Most of these end alike: a late
//! step has freed what is sold, or has ended a hold, and somebody is refused who has a good hold.

use std::{env, process::Command};

use booked_ids::{EventId, TicketId};
use booked_ticketing::usecases::load_inventory;

use crate::{
    gates::{Step, Stopped},
    witness::{SHORT, Witness},
    world::{Replica, Seat, World, soon, until, user},
};

/// Names the guard that is off; see `outbound/unguarded.rs`.
const WITHOUT: &str = "BOOKED_WITHOUT";

/// An event, a replica, and what its buyers see.
struct Scene {
    world: World,
    event: EventId,
    replica: Replica,
    /// Its steps come late.
    slow: Replica,
    /// Its holds are over soon.
    hasty: Replica,
    witness: Witness,
}

/// With all guards nothing must be found, and something without this one.
async fn control(guard: &str, schedule: impl AsyncFnOnce(&Scene)) {
    let (world, replica, event) = World::with_event().await;
    let (slow, hasty) = (world.replica(), world.replica_holding(SHORT));
    let scene = Scene { world, event, replica, slow, hasty, witness: Witness::default() };
    schedule(&scene).await;
    scene.replica.janitor(event).await;
    scene.replica.reconcile(event).await;
    let report = scene.witness.judged(&scene.world).await;

    if env::var(WITHOUT).is_ok() {
        assert!(!report.valid, "without {guard} nothing wrong was found:\n{report}");
        return;
    }
    assert!(report.valid, "with all guards:\n{report}");
    run_without("controls", guard);
}

/// The same for a promise that the checker does not know of: it is kept with all guards, and broken without this one.
pub(crate) async fn control_of(module: &str, guard: &str, is_kept: impl Future<Output = bool>) {
    let is_kept = is_kept.await;
    if env::var(WITHOUT).is_ok() {
        assert!(!is_kept, "without {guard} nothing was broken");
        return;
    }
    assert!(is_kept, "it is broken with all guards");
    run_without(module, guard);
}

/// Runs the guard's test again without the guard.
fn run_without(module: &str, guard: &str) {
    let test = format!("{module}::{}", guard.replace('-', "_"));
    let again = Command::new(env::current_exe().unwrap())
        .args([&test, "--exact", "--nocapture"])
        .env(WITHOUT, guard)
        .output()
        .unwrap();
    let words = String::from_utf8_lossy(&again.stdout) + String::from_utf8_lossy(&again.stderr);
    assert!(again.status.success() && words.contains("1 passed"), "{words}");
}

impl Scene {
    /// User 1 claims a seat whose time is soon over, and stops before the commit.
    async fn hasty_commit(&self) -> (TicketId, Stopped, tokio::task::JoinHandle<()>) {
        let ticket = self.witness.hold(&self.hasty, user(1), self.event).await;
        let commit = self.hasty.gates.stop_before(Step::Book);
        let booking = self.witness.book(&self.hasty, user(1), ticket);
        (ticket, commit.reached().await, booking)
    }

    /// The janitor settles the claim of a hold whose time is over, and the seat is free.
    async fn comes_back(&self, ticket: TicketId) {
        until("the seat came back", async || {
            self.replica.janitor(self.event).await;
            self.world.expire_holds(self.event).await;
            self.world.seat(ticket).await == Seat::Free
        })
        .await;
    }

    /// Somebody new holds the lowest free seat and books it, which must be granted.
    async fn next_buys(&self, number: u128) {
        self.witness.buy(&self.replica, user(number), self.event).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn one_owner_a_seat() {
    control("one-owner-a-seat", async |it| {
        let ticket = it.witness.buy(&it.replica, user(1), it.event).await;
        // It offers what is sold.
        it.witness.valkey_lies();
        it.world.clear_bit(ticket).await;
        it.next_buys(2).await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn attempt_settled_once() {
    control("attempt-settled-once", late_commit).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn janitor_voids() {
    control("janitor-voids", late_commit).await;
}

/// A commit that comes when the janitor has given the seat back and somebody else holds it.
async fn late_commit(it: &Scene) {
    let (ticket, commit, booking) = it.hasty_commit().await;
    it.comes_back(ticket).await;
    let next = it.witness.hold(&it.replica, user(2), it.event).await;
    commit.go_on();
    booking.await.unwrap();
    it.witness.book(&it.replica, user(2), next).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn unknown_is_voided() {
    control("unknown-is-voided", async |it| {
        let ticket = it.witness.hold(&it.slow, user(1), it.event).await;
        let commit = it.slow.gates.let_loose(Step::Book);
        // It is told that nothing was done.
        it.witness.book(&it.slow, user(1), ticket).await.unwrap();
        commit.come().await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn finish_by_attempt() {
    control("finish-by-attempt", async |it| {
        let ticket = it.witness.hold(&it.slow, user(1), it.event).await;
        let finish = it.slow.gates.stop_before(Step::Finish);
        let booking = it.witness.book(&it.slow, user(1), ticket);
        let finish = finish.reached().await;
        it.replica.janitor(it.event).await;
        it.witness.cancel(&it.replica, user(1), it.event).await.unwrap();
        // Somebody else has claimed the seat when the late finish comes.
        let next = it.witness.hold(&it.replica, user(2), it.event).await;
        let commit = it.replica.gates.stop_before(Step::Book);
        let other = it.witness.book(&it.replica, user(2), next);
        let commit = commit.reached().await;
        finish.go_on();
        booking.await.unwrap();
        // Without its claim it looks abandoned, and is offered to a third.
        it.slow.reconcile(it.event).await;
        let third = it.witness.hold(&it.slow, user(3), it.event).await;
        commit.go_on();
        other.await.unwrap();
        it.witness.book(&it.slow, user(3), third).await.unwrap();
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn restore_by_attempt() {
    control("restore-by-attempt", async |it| {
        let (ticket, commit, booking) = it.hasty_commit().await;
        it.comes_back(ticket).await;
        it.next_buys(2).await;
        // It is void, and gives back what is somebody else's by now.
        commit.go_on();
        booking.await.unwrap();
        it.next_buys(3).await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn settle_by_attempt() {
    control("settle-by-attempt", async |it| {
        let (settle, cancel) = it.cancels_and_stops_before(Step::Settle).await;
        it.replica.janitor(it.event).await;
        it.next_buys(2).await;
        settle.go_on();
        cancel.await.unwrap();
        it.next_buys(3).await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn cancel_claims() {
    control("cancel-claims", async |it| {
        let (settle, cancel) = it.cancels_and_stops_before(Step::Settle).await;
        // A seat that is claimed is nothing for the reconciler.
        it.replica.reconcile(it.event).await;
        it.next_buys(2).await;
        settle.go_on();
        cancel.await.unwrap();
        it.next_buys(3).await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn claim_sold_looks() {
    control("claim-sold-looks", async |it| {
        let (claim, cancel) = it.cancels_and_stops_before(Step::ClaimSold).await;
        it.witness.cancel(&it.replica, user(1), it.event).await.unwrap();
        let next = it.witness.hold(&it.replica, user(2), it.event).await;
        claim.go_on();
        cancel.await.unwrap();
        it.witness.book(&it.replica, user(2), next).await.unwrap();
    })
    .await;
}

impl Scene {
    /// User 1 buys a seat and cancels it; the cancel stops there.
    async fn cancels_and_stops_before(&self, step: Step) -> (Stopped, tokio::task::JoinHandle<()>) {
        self.witness.buy(&self.slow, user(1), self.event).await;
        let stopped = self.slow.gates.stop_before(step);
        let cancel = self.witness.cancel(&self.slow, user(1), self.event);
        (stopped.reached().await, cancel)
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn reconciler_claims() {
    control("reconciler-claims", async |it| {
        // A hold that is over, and that Valkey has forgotten but for its bit.
        let ticket = it.witness.hold(&it.hasty, user(1), it.event).await;
        until("the hold is over", async || it.world.seat(ticket).await == Seat::RunOut).await;
        it.world.lose(it.event, "holds").await;
        let settle = it.slow.gates.stop_before(Step::Settle);
        let slow = it.slow.start_reconciling(it.event);
        let settle = settle.reached().await;
        it.replica.janitor(it.event).await;
        it.replica.reconcile(it.event).await;
        it.next_buys(2).await;
        settle.go_on();
        slow.await.unwrap();
        it.next_buys(3).await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn claim_needs_own_hold() {
    control("claim-needs-own-hold", async |it| {
        let ticket = it.witness.hold(&it.replica, user(1), it.event).await;
        it.witness.book(&it.replica, user(2), ticket).await.unwrap();
        it.witness.book(&it.replica, user(1), ticket).await.unwrap();
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn claim_ends_the_clock() {
    control("claim-ends-the-clock", async |it| {
        let (_, commit, booking) = it.hasty_commit().await;
        tokio::time::sleep(2 * SHORT).await;
        it.world.expire_holds(it.event).await;
        let next = it.witness.hold(&it.replica, user(2), it.event).await;
        commit.go_on();
        booking.await.unwrap();
        it.witness.book(&it.replica, user(2), next).await.unwrap();
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn reserve_needs_inventory() {
    control("reserve-needs-inventory", async |it| {
        it.next_buys(1).await;
        it.world.lose(it.event, "taken").await;
        it.next_buys(2).await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn publish_needs_lease() {
    control("publish-needs-lease", async |it| {
        let (publish, loading) = it.loads_and_stops_before(Step::Publish).await;
        it.world.lose(it.event, "load").await;
        it.next_buys(1).await;
        it.world.lose(it.event, "taken").await;
        publish.go_on();
        loading.await.unwrap();
        it.next_buys(2).await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn publish_needs_no_inventory() {
    control("publish-needs-no-inventory", async |it| {
        let (lease, loading) = it.loads_and_stops_before(Step::AcquireLoad).await;
        let ticket = it.witness.hold(&it.replica, user(1), it.event).await;
        lease.go_on();
        loading.await.unwrap();
        it.witness.book(&it.replica, user(1), ticket).await.unwrap();
    })
    .await;
}

impl Scene {
    /// The slow replica makes the event's inventory, up to there.
    async fn loads_and_stops_before(&self, step: Step) -> (Stopped, tokio::task::JoinHandle<()>) {
        let (context, event) = (self.slow.context.clone(), self.event);
        let stopped = self.slow.gates.stop_before(step);
        // Whether it is made by this one or not is all the same.
        let loading = tokio::spawn(async move { drop(soon(load_inventory(&context, event)).await) });
        (stopped.reached().await, loading)
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn repair_as_read() {
    control("repair-as-read", async |it| {
        let ticket = it.witness.buy(&it.replica, user(1), it.event).await;
        it.world.clear_bit(ticket).await;
        let repair = it.slow.gates.stop_before(Step::Repair);
        let slow = it.slow.start_reconciling(it.event);
        let repair = repair.reached().await;
        it.witness.cancel(&it.replica, user(1), it.event).await.unwrap();
        let next = it.witness.hold(&it.replica, user(2), it.event).await;
        repair.go_on();
        slow.await.unwrap();
        it.witness.book(&it.replica, user(2), next).await.unwrap();
    })
    .await;
}

//! The reconciler, which stops between its looks and its claims, against bookings and holds that come meanwhile.

use booked_ids::{EventId, TicketId};

use crate::{
    gates::Step,
    world::{Replica, Seat, World, user},
};

/// A seat that is taken in Valkey and nobody's in Postgres: its cancel came after the janitor had settled its claim.
async fn taken_and_unsold(world: &World, replica: &Replica, event: EventId) -> TicketId {
    let tickets = replica.hold(user(1), event, 1).await;
    replica.buy(user(1), &tickets).await;
    let commit = replica.gates.stop_before(Step::Cancel);
    let cancel = replica.cancel(user(1), event, 1);
    let commit = commit.reached().await;
    world.replica().janitor(event).await;
    commit.go_on();
    cancel.await.unwrap().unwrap();
    assert_eq!(world.seat(tickets[0]).await, Seat::Sold);
    assert!(world.owners(event).await.is_empty());
    tickets[0]
}

/// A seat that is sold in Postgres and free in Valkey: its claim was lost with all else before its commit.
async fn sold_and_free(world: &World, replica: &Replica, event: EventId) -> TicketId {
    let tickets = replica.hold(user(1), event, 1).await;
    let commit = replica.gates.stop_before(Step::Book);
    let booking = replica.book(user(1), &tickets);
    let commit = commit.reached().await;
    world.lose_all().await;
    assert_eq!(world.replica().hold(user(2), event, 1).await, tickets);
    commit.go_on();
    booking.await.unwrap().unwrap();
    world.run_out(tickets[0]).await;
    world.expire_holds(event).await;
    assert_eq!(world.seat(tickets[0]).await, Seat::Free);
    tickets[0]
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_taken_and_unsold_comes_free() {
    let (world, replica, event) = World::with_event().await;
    let ticket = taken_and_unsold(&world, &replica, event).await;
    let done = replica.reconcile(event).await;
    assert_eq!((done.freed, done.set), (1, 0));
    assert_eq!(world.seat(ticket).await, Seat::Free);
    world.assert_settled(event).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn holds_and_sold_seats_are_left_as_they_are() {
    let (world, replica, event) = World::with_event().await;
    let held = replica.hold(user(1), event, 2).await;
    let run_out = replica.hold(user(1), event, 1).await;
    world.run_out(run_out[0]).await;
    let sold = replica.hold(user(2), event, 2).await;
    let done = replica.reconcile(event).await;
    assert_eq!((done.freed, done.set), (0, 0));
    replica.buy(user(2), &sold).await;
    let done = replica.reconcile(event).await;
    assert_eq!((done.freed, done.set), (0, 0));
    assert_eq!(world.seat(held[0]).await, Seat::Held(user(1)));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_booking_that_commits_between_its_look_and_its_claim_keeps_the_seat() {
    let (world, replica, event) = World::with_event().await;
    let tickets = replica.hold(user(1), event, 1).await;
    let commit = replica.gates.stop_before(Step::Book);
    let booking = replica.book(user(1), &tickets);
    let commit = commit.reached().await;
    // The seat is settling: taken, not held, and not sold yet. That makes it a suspect.
    let reconciler = world.replica();
    let claim = reconciler.gates.stop_before(Step::ClaimSold);
    let reconciling = reconciler.start_reconciling(event);
    let claim = claim.reached().await;
    commit.go_on();
    booking.await.unwrap().unwrap();
    claim.go_on();
    reconciling.await.unwrap();
    assert_eq!(world.seat(tickets[0]).await, Seat::Sold, "Postgres was asked again, after the claim");
    world.assert_settled(event).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_settling_seat_is_never_checked() {
    let (world, replica, event) = World::with_event().await;
    let tickets = replica.hold(user(1), event, 1).await;
    let commit = replica.gates.stop_before(Step::Book);
    let booking = replica.book(user(1), &tickets);
    let commit = commit.reached().await;
    assert_eq!(world.replica().reconcile(event).await.freed, 0);
    assert!(matches!(world.seat(tickets[0]).await, Seat::Settling(_)));
    commit.go_on();
    booking.await.unwrap().unwrap();
    world.assert_settled(event).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_check_that_settles_late_does_not_free_what_was_sold_meanwhile() {
    let (world, replica, event) = World::with_event().await;
    let ticket = taken_and_unsold(&world, &replica, event).await;
    let reconciler = world.replica();
    let settle = reconciler.gates.stop_before(Step::Settle);
    let reconciling = reconciler.start_reconciling(event);
    let settle = settle.reached().await;
    // The janitor settles the check, and the seat finds a buyer.
    world.replica().janitor(event).await;
    assert_eq!(replica.hold(user(2), event, 1).await, [ticket]);
    replica.buy(user(2), &[ticket]).await;
    settle.go_on();
    reconciling.await.unwrap();
    assert_eq!(world.seat(ticket).await, Seat::Sold);
    world.assert_settled(event).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_sold_and_free_is_repaired() {
    let (world, replica, event) = World::with_event().await;
    let ticket = sold_and_free(&world, &replica, event).await;
    assert_eq!(replica.reconcile(event).await.set, 1);
    assert_eq!(world.seat(ticket).await, Seat::Sold);
    world.assert_settled(event).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_sold_and_held_by_somebody_else_is_repaired() {
    let (world, replica, event) = World::with_event().await;
    let ticket = sold_and_free(&world, &replica, event).await;
    assert_eq!(replica.hold(user(2), event, 1).await, [ticket]);
    assert_eq!(replica.reconcile(event).await.set, 1);
    assert_eq!(world.seat(ticket).await, Seat::Sold);
    world.assert_settled(event).await;
}

/// The repair stops; the ticket is cancelled, so that the seat is free for anybody; then it goes on.
async fn repair_late(is_held_before: bool) {
    let (world, replica, event) = World::with_event().await;
    let ticket = sold_and_free(&world, &replica, event).await;
    if is_held_before {
        assert_eq!(replica.hold(user(2), event, 1).await, [ticket]);
    }
    let reconciler = world.replica();
    let repair = reconciler.gates.stop_before(Step::Repair);
    let reconciling = reconciler.start_reconciling(event);
    let repair = repair.reached().await;
    replica.cancel(user(1), event, 1).await.unwrap().unwrap();
    if is_held_before {
        world.run_out_and_take_back(ticket).await;
    }
    assert_eq!(replica.hold(user(3), event, 1).await, [ticket]);
    repair.go_on();
    assert_eq!(reconciling.await.unwrap().set, 0);
    assert_eq!(world.seat(ticket).await, Seat::Held(user(3)), "it is not the seat any more that was read");
    replica.buy(user(3), &[ticket]).await;
    world.assert_settled(event).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_repair_that_comes_late_does_not_end_a_hold_that_is_new() {
    repair_late(false).await;
    repair_late(true).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_repair_that_comes_late_does_not_touch_a_claim() {
    let (world, replica, event) = World::with_event().await;
    let ticket = sold_and_free(&world, &replica, event).await;
    let reconciler = world.replica();
    let repair = reconciler.gates.stop_before(Step::Repair);
    let reconciling = reconciler.start_reconciling(event);
    let repair = repair.reached().await;
    replica.cancel(user(1), event, 1).await.unwrap().unwrap();
    assert_eq!(replica.hold(user(3), event, 1).await, [ticket]);
    let commit = replica.gates.stop_before(Step::Book);
    let booking = replica.book(user(3), &[ticket]);
    let commit = commit.reached().await;
    let before = world.seat(ticket).await;
    repair.go_on();
    assert_eq!(reconciling.await.unwrap().set, 0);
    assert_eq!(world.seat(ticket).await, before);
    commit.go_on();
    booking.await.unwrap().unwrap();
    world.assert_settled(event).await;
}

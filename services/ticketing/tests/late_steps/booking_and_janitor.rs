//! A booking that stops between its steps, and the janitor who meets its claim.

use booked_failure::Failure;
use booked_ticketing::usecases::BookError;

use crate::{
    gates::Step,
    world::{Seat, World, until_finished, user},
};

#[tokio::test(flavor = "multi_thread")]
async fn a_commit_that_comes_after_the_janitor_is_refused_and_the_hold_is_good_still() {
    let (world, replica, event) = World::with_event().await;
    let tickets = replica.hold(user(1), event, 2).await;
    let commit = replica.gates.stop_before(Step::Book);
    let booking = replica.book(user(1), &tickets);
    let commit = commit.reached().await;
    assert!(matches!(world.seat(tickets[0]).await, Seat::Settling(_)));

    assert_eq!(world.replica().janitor(event).await, 2);
    assert_eq!(world.seat(tickets[0]).await, Seat::Held(user(1)), "it gives back what may still be booked");
    commit.go_on();

    let outcome = booking.await.unwrap();
    assert!(matches!(outcome, Err(BookError::Failed(Failure::NotDone(_)))), "nothing was done: {outcome:?}");
    assert!(world.owners(event).await.is_empty());
    assert_eq!(world.seat(tickets[0]).await, Seat::Held(user(1)));
    replica.buy(user(1), &tickets).await;
    world.assert_settled(event).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_commit_that_comes_before_the_janitor_stays() {
    let (world, replica, event) = World::with_event().await;
    let tickets = replica.hold(user(1), event, 2).await;
    let finish = replica.gates.stop_before(Step::Finish);
    let booking = replica.book(user(1), &tickets);
    let finish = finish.reached().await;

    assert_eq!(world.replica().janitor(event).await, 2);
    assert_eq!(world.seat(tickets[0]).await, Seat::Sold);
    finish.go_on();

    booking.await.unwrap().unwrap();
    assert_eq!(world.owners(event).await.get(&tickets[1]), Some(&user(1)));
    assert_eq!(world.seat(tickets[1]).await, Seat::Sold);
    world.assert_settled(event).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_janitor_who_stops_after_asking_changes_nothing_that_came_meanwhile() {
    let (world, replica, event) = World::with_event().await;
    let tickets = replica.hold(user(1), event, 1).await;
    let commit = replica.gates.stop_before(Step::Book);
    let booking = replica.book(user(1), &tickets);
    let commit = commit.reached().await;
    let slow = world.replica();
    let restore_hold = slow.gates.stop_before(Step::RestoreHold);
    let slow_janitor = tokio::spawn(async move { slow.janitor(event).await });
    let restore_hold = restore_hold.reached().await;

    // Another janitor gives back, and the seat finds another buyer.
    world.replica().janitor(event).await;
    world.run_out_and_take_back(tickets[0]).await;
    let others = world.replica();
    assert_eq!(others.hold(user(2), event, 1).await, tickets);
    restore_hold.go_on();
    slow_janitor.await.unwrap();
    assert_eq!(world.seat(tickets[0]).await, Seat::Held(user(2)), "a late give back ends no other hold");

    others.buy(user(2), &tickets).await;
    commit.go_on();
    assert!(booking.await.unwrap().is_err());
    assert_eq!(world.owners(event).await.get(&tickets[0]), Some(&user(2)));
    world.assert_settled(event).await;
}

/// The first booking stops before its commit; its hold runs out, its claim is settled, and somebody else is where
/// `others_until` stops them when it goes on.
async fn commit_late_against(others_until: Option<Step>) {
    let (world, replica, event) = World::with_event().await;
    let tickets = replica.hold(user(1), event, 1).await;
    let commit = replica.gates.stop_before(Step::Book);
    let booking = replica.book(user(1), &tickets);
    let commit = commit.reached().await;

    world.run_out(tickets[0]).await;
    let others = world.replica();
    others.janitor(event).await;
    assert_eq!(world.seat(tickets[0]).await, Seat::Free);
    assert_eq!(others.hold(user(2), event, 1).await, tickets, "the seat came back");
    let stopped = others_until.map(|step| others.gates.stop_before(step));
    let other_booking = others.book(user(2), &tickets);
    let mut still_to_go = None;
    match stopped {
        Some(stopped) => still_to_go = Some(stopped.reached().await),
        None => until_finished(&other_booking).await,
    }
    let before = world.seat(tickets[0]).await;

    let restore_hold = replica.gates.stop_before(Step::RestoreHold);
    commit.go_on();
    restore_hold.reached().await.go_on();
    match (others_until, booking.await.unwrap()) {
        (Some(Step::Book), Err(BookError::Failed(Failure::NotDone(_)))) => {}
        (Some(Step::Finish) | None, Err(BookError::NotYours)) => {}
        (_, outcome) => panic!("{outcome:?}"),
    }
    assert_eq!(world.seat(tickets[0]).await, before, "late steps touch their own attempt's claim alone");

    if let Some(stopped) = still_to_go {
        stopped.go_on();
    }
    other_booking.await.unwrap().unwrap();
    assert_eq!(world.owners(event).await.into_iter().collect::<Vec<_>>(), [(tickets[0], user(2))]);
    world.assert_settled(event).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_commit_that_comes_after_the_seat_was_sold_to_somebody_else_is_refused() {
    commit_late_against(None).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_commit_that_comes_while_somebody_else_books_the_seat_is_refused() {
    commit_late_against(Some(Step::Book)).await;
    commit_late_against(Some(Step::Finish)).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_finish_that_comes_late_changes_nothing() {
    let (world, replica, event) = World::with_event().await;
    let tickets = replica.hold(user(1), event, 1).await;
    let finish = replica.gates.stop_before(Step::Finish);
    let booking = replica.book(user(1), &tickets);
    let finish = finish.reached().await;

    // Settled, cancelled, sold again, and just being booked when the first finish comes.
    let others = world.replica();
    others.janitor(event).await;
    others.cancel(user(1), event, 1).await.unwrap().unwrap();
    assert_eq!(others.hold(user(2), event, 1).await, tickets);
    let commit = others.gates.stop_before(Step::Book);
    let other_booking = others.book(user(2), &tickets);
    let commit = commit.reached().await;
    let before = world.seat(tickets[0]).await;
    finish.go_on();
    booking.await.unwrap().unwrap();
    assert_eq!(world.seat(tickets[0]).await, before);

    commit.go_on();
    other_booking.await.unwrap().unwrap();
    assert_eq!(world.owners(event).await.get(&tickets[0]), Some(&user(2)));
    world.assert_settled(event).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_give_back_that_comes_late_does_not_end_a_new_hold() {
    let (world, replica, event) = World::with_event().await;
    let tickets = replica.hold(user(1), event, 1).await;
    replica.gates.fail(Step::Book);
    let restore_hold = replica.gates.stop_before(Step::RestoreHold);
    let booking = replica.book(user(1), &tickets);
    let restore_hold = restore_hold.reached().await;

    world.run_out(tickets[0]).await;
    let others = world.replica();
    others.janitor(event).await;
    assert_eq!(others.hold(user(2), event, 1).await, tickets);
    restore_hold.go_on();
    assert!(matches!(booking.await.unwrap(), Err(BookError::Failed(Failure::NotDone(_)))));

    assert_eq!(world.seat(tickets[0]).await, Seat::Held(user(2)));
    others.buy(user(2), &tickets).await;
    world.assert_settled(event).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_booking_that_surely_failed_leaves_the_hold_as_it_was() {
    let (world, replica, event) = World::with_event().await;
    let tickets = replica.hold(user(1), event, 2).await;
    replica.gates.fail(Step::Book);
    let outcome = replica.book(user(1), &tickets).await.unwrap();
    assert!(matches!(outcome, Err(BookError::Failed(Failure::NotDone(_)))), "{outcome:?}");
    assert_eq!(world.seat(tickets[0]).await, Seat::Held(user(1)));

    // Where its time passed meanwhile, the seat is free.
    replica.gates.fail(Step::Book);
    let restore_hold = replica.gates.stop_before(Step::RestoreHold);
    let booking = replica.book(user(1), &tickets);
    let restore_hold = restore_hold.reached().await;
    world.run_out(tickets[0]).await;
    restore_hold.go_on();
    assert!(booking.await.unwrap().is_err());
    assert_eq!(world.seat(tickets[0]).await, Seat::Free);
    assert_eq!(world.seat(tickets[1]).await, Seat::Held(user(1)));
    world.assert_settled(event).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_hold_that_runs_out_after_its_claim_can_be_booked() {
    let (world, replica, event) = World::with_event().await;
    let tickets = replica.hold(user(1), event, 1).await;
    let commit = replica.gates.stop_before(Step::Book);
    let booking = replica.book(user(1), &tickets);
    let commit = commit.reached().await;
    world.run_out(tickets[0]).await;
    let others = world.replica().hold(user(2), event, 1).await;
    assert_ne!(others, tickets, "nobody takes a settling seat");
    commit.go_on();
    booking.await.unwrap().unwrap();
    assert_eq!(world.owners(event).await.get(&tickets[0]), Some(&user(1)));
    world.assert_settled(event).await;
}

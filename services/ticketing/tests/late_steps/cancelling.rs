//! A cancel that stops between its steps, or of which nobody heard.

use booked_failure::Failure;
use booked_ticketing::{
    ports::Inventory as _,
    usecases::{CancelError, ReserveError},
};
use diesel_async::{AsyncConnection as _, AsyncPgConnection, SimpleAsyncConnection as _};

use crate::{
    gates::Step,
    world::{Seat, World, state, until, until_finished, user},
};

#[tokio::test(flavor = "multi_thread")]
async fn a_finish_of_a_cancel_that_comes_late_does_not_free_what_was_sold_again() {
    let (world, replica, event) = World::with_event().await;
    let tickets = replica.hold(user(1), event, 1).await;
    replica.buy(user(1), &tickets).await;
    let others = world.replica();
    for others_stop in [None, Some(Step::Book), Some(Step::Finish)] {
        let settle = replica.gates.stop_before(Step::Settle);
        let cancel = replica.cancel(user(1), event, 1);
        let settle = settle.reached().await;

        // The janitor frees the seat, and somebody else buys it, or is about to.
        others.janitor(event).await;
        assert_eq!(others.hold(user(2), event, 1).await, tickets);
        let stopped = others_stop.map(|step| others.gates.stop_before(step));
        let booking = others.book(user(2), &tickets);
        let stopped = match stopped {
            Some(stopped) => Some(stopped.reached().await),
            None => None,
        };
        if stopped.is_none() {
            until_finished(&booking).await;
        }
        let before = world.seat(tickets[0]).await;
        settle.go_on();
        cancel.await.unwrap().unwrap();
        assert_eq!(world.seat(tickets[0]).await, before, "while the other stops before {others_stop:?}");

        if let Some(stopped) = stopped {
            stopped.go_on();
        }
        booking.await.unwrap().unwrap();
        assert_eq!(world.owners(event).await.get(&tickets[0]), Some(&user(2)));
        world.assert_settled(event).await;
        others.cancel(user(2), event, 1).await.unwrap().unwrap();
        assert_eq!(replica.hold(user(1), event, 1).await, tickets);
        replica.buy(user(1), &tickets).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_cancel_that_comes_after_the_janitor_leaves_a_seat_that_the_reconciler_frees() {
    let (world, replica, event) = World::with_event().await;
    let tickets = replica.hold(user(1), event, 1).await;
    replica.buy(user(1), &tickets).await;
    let commit = replica.gates.stop_before(Step::Cancel);
    let cancel = replica.cancel(user(1), event, 1);
    let commit = commit.reached().await;
    assert!(matches!(world.seat(tickets[0]).await, Seat::Settling(_)));
    assert_eq!(world.replica().janitor(event).await, 1);
    assert_eq!(world.seat(tickets[0]).await, Seat::Sold, "it is sold still");
    commit.go_on();
    cancel.await.unwrap().unwrap();

    assert_eq!(world.seat(tickets[0]).await, Seat::Sold, "nobody frees a seat without a claim");
    assert_eq!(world.replica().reconcile(event).await.freed, 1);
    assert_eq!(world.seat(tickets[0]).await, Seat::Free);
    world.assert_settled(event).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_cancel_of_which_nobody_heard_is_settled_by_what_postgres_says() {
    let (world, replica, event) = World::with_event().await;
    let tickets = replica.hold(user(1), event, 2).await;
    replica.buy(user(1), &tickets).await;

    replica.gates.lose_the_answer_of(Step::Cancel);
    let outcome = replica.cancel(user(1), event, 1).await.unwrap();
    assert!(matches!(outcome, Err(CancelError::Failed(Failure::Unknown(_)))), "{outcome:?}");
    assert!(matches!(world.seat(tickets[1]).await, Seat::Settling(_)), "only a definite answer settles");
    world.replica().janitor(event).await;
    assert_eq!(world.seat(tickets[1]).await, Seat::Free, "it was done");

    let loose = replica.gates.let_loose(Step::Cancel);
    let outcome = replica.cancel(user(1), event, 1).await.unwrap();
    assert!(matches!(outcome, Err(CancelError::Failed(Failure::Unknown(_)))), "{outcome:?}");
    world.replica().janitor(event).await;
    assert_eq!(world.seat(tickets[0]).await, Seat::Sold, "it was not done");
    assert_eq!(loose.come().await, "Ok(Done)");
    assert_eq!(world.seat(tickets[0]).await, Seat::Sold);
    assert!(world.owners(event).await.is_empty());
    world.assert_settled(event).await;
    assert_eq!(world.seat(tickets[0]).await, Seat::Free);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_cancel_that_surely_failed_leaves_its_claim_to_the_janitor_and_the_seats_sold() {
    let (world, replica, event) = World::with_event().await;
    let tickets = replica.hold(user(1), event, 1).await;
    replica.buy(user(1), &tickets).await;
    replica.gates.fail(Step::Cancel);
    let outcome = replica.cancel(user(1), event, 1).await.unwrap();
    assert!(matches!(outcome, Err(CancelError::Failed(Failure::NotDone(_)))), "{outcome:?}");
    assert!(matches!(world.seat(tickets[0]).await, Seat::Settling(_)), "until Postgres can be asked");
    world.replica().janitor(event).await;
    assert_eq!(world.seat(tickets[0]).await, Seat::Sold);
    assert_eq!(world.owners(event).await.len(), 1);
    world.assert_settled(event).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_cancel_whose_tickets_are_not_the_latest_any_more_begins_again() {
    let (world, replica, event) = World::with_event().await;
    let first = replica.hold(user(1), event, 1).await;
    replica.buy(user(1), &first).await;
    let commit = replica.gates.stop_before(Step::Cancel);
    let cancel = replica.cancel(user(1), event, 1);
    let commit = commit.reached().await;
    let others = world.replica();
    let second = others.hold(user(1), event, 1).await;
    others.buy(user(1), &second).await;
    commit.go_on();
    cancel.await.unwrap().unwrap();

    assert_eq!(world.owners(event).await.into_keys().collect::<Vec<_>>(), first, "the latest go first");
    assert_eq!(world.seat(first[0]).await, Seat::Sold, "the first claim is dropped, and its seat stays sold");
    assert_eq!(world.seat(second[0]).await, Seat::Free);
    world.assert_settled(event).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn two_cancels_at_once_are_carried_out_one_after_the_other() {
    let (world, replica, event) = World::with_event().await;
    let tickets = replica.hold(user(1), event, 4).await;
    replica.buy(user(1), &tickets).await;
    let others = world.replica();
    let stops = [replica.gates.stop_before(Step::Cancel), others.gates.stop_before(Step::Cancel)];
    let cancels = [replica.cancel(user(1), event, 2), others.cancel(user(1), event, 2)];
    for stop in stops {
        stop.reached().await.go_on();
    }
    for cancel in cancels {
        cancel.await.unwrap().unwrap();
    }
    assert!(world.owners(event).await.is_empty());
    world.assert_settled(event).await;
    assert_eq!(world.seat(tickets[0]).await, Seat::Free);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_cancel_never_cancels_less_than_it_was_asked_to_because_another_was_quicker() {
    const WAITING: &str = "SELECT count(*) FROM pg_stat_activity
        WHERE datname = current_database() AND wait_event_type = 'Lock'";
    let (world, replica, event) = World::with_event().await;
    let tickets = replica.hold(user(1), event, 4).await;
    replica.buy(user(1), &tickets).await;
    // The latest ticket is locked, so that the first cancel stops in the middle of its transaction.
    let mut holder = AsyncPgConnection::establish(&world.database.url()).await.unwrap();
    let lock = format!("BEGIN; SELECT 1 FROM tickets WHERE id = '{}' FOR UPDATE", tickets[3]);
    holder.batch_execute(&lock).await.unwrap();
    let quicker = replica.cancel(user(1), event, 2);
    until("the first waits", async || world.database.execute(WAITING).trim() == "1").await;
    let slower = world.replica().cancel(user(1), event, 3);
    let is_claimed = async || matches!(world.seat(tickets[1]).await, Seat::Settling(_));
    until("the other has claimed what it would cancel", is_claimed).await;
    assert_eq!(world.database.execute(WAITING).trim(), "1", "it does not wait with a connection in hand");
    holder.batch_execute("ROLLBACK").await.unwrap();

    quicker.await.unwrap().unwrap();
    let outcome = slower.await.unwrap();
    assert!(matches!(outcome, Err(CancelError::TooFew)), "{outcome:?}");
    assert_eq!(world.owners(event).await.into_keys().collect::<Vec<_>>(), tickets[..2]);
    world.assert_settled(event).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_cancel_of_more_tickets_than_a_script_can_take_frees_them_at_once() {
    const TICKETS: u32 = 9_000;
    let (world, replica, event) = World::with_event().await;
    world.apply(state(event, 2, TICKETS, false)).await;
    world.database.execute(&format!(
        "INSERT INTO tickets SELECT overlay('{event}' PLACING lpad(to_hex(seat), 8, '0') FROM 29)::uuid, '{event}',
            '{}', '{event}', now() FROM generate_series(1, {TICKETS}) AS seat",
        user(1)
    ));
    assert!(matches!(replica.reserve(user(2), event, 1).await, Err(ReserveError::TooFew)));
    replica.cancel(user(1), event, TICKETS.into()).await.unwrap().unwrap();
    let now = world.seats().sale_state(event).await.unwrap().unwrap();
    assert_eq!(now.free_now, i64::from(TICKETS), "none waits for the reconciler");
}

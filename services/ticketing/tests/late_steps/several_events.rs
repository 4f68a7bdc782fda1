//! A booking, or a release, of several events: no script reaches two of them, so it may stop between them.

use booked_failure::Failure;
use booked_idempotency::RequestKey;
use booked_ids::TicketId;
use booked_ticketing::{
    domain::booking::Requested,
    usecases::{BookError, ReleaseError, release_tickets},
};
use tokio::task::JoinHandle;
use uuid::Uuid;

use crate::{
    gates::{Step, Stopped},
    world::{Replica, Seat, World, soon, until, user},
};

async fn with_two_holds() -> (World, Replica, Vec<TicketId>) {
    let (world, replica, first) = World::with_event().await;
    let second = world.event(2).await;
    let mut tickets = replica.hold(user(1), first, 1).await;
    tickets.extend(replica.hold(user(1), second, 1).await);
    (world, replica, tickets)
}

#[tokio::test(flavor = "multi_thread")]
async fn where_the_second_event_refuses_the_first_is_given_back() {
    let (world, replica, tickets) = with_two_holds().await;
    let first = replica.gates.stop_before(Step::Claim);
    let booking = replica.book(user(1), &tickets);
    let first = first.reached().await;
    let second = replica.gates.stop_before(Step::Claim);
    first.go_on();
    let second = second.reached().await;
    assert!(matches!(world.seat(tickets[0]).await, Seat::Settling(_)));
    world.run_out(tickets[1]).await;
    second.go_on();

    let outcome = booking.await.unwrap();
    assert!(matches!(outcome, Err(BookError::NotReserved)), "{outcome:?}");
    assert_eq!(world.seat(tickets[0]).await, Seat::Held(user(1)), "a refusal leaves good holds");
    assert!(world.owners(tickets[0].event()).await.is_empty());
    replica.buy(user(1), &tickets[..1]).await;
    world.assert_settled(tickets[0].event()).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_booking_that_the_janitor_meets_between_its_claims_is_refused_whole() {
    let (world, replica, tickets) = with_two_holds().await;
    let first = replica.gates.stop_before(Step::Claim);
    let booking = replica.book(user(1), &tickets);
    let first = first.reached().await;
    let second = replica.gates.stop_before(Step::Claim);
    first.go_on();
    let second = second.reached().await;
    world.replica().janitor(tickets[0].event()).await;
    assert_eq!(world.seat(tickets[0]).await, Seat::Held(user(1)));
    second.go_on();

    let outcome = booking.await.unwrap();
    assert!(matches!(outcome, Err(BookError::Failed(Failure::NotDone(_)))), "it was voided: {outcome:?}");
    for ticket in &tickets {
        assert!(world.owners(ticket.event()).await.is_empty());
        assert_eq!(world.seat(*ticket).await, Seat::Held(user(1)));
    }
    replica.buy(user(1), &tickets).await;
    world.assert_settled(tickets[0].event()).await;
    world.assert_settled(tickets[1].event()).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_finish_of_one_event_that_never_came_is_the_janitors() {
    let (world, replica, tickets) = with_two_holds().await;
    let finish = replica.gates.stop_before(Step::Finish);
    let booking = replica.book(user(1), &tickets);
    let finish = finish.reached().await;
    let settling = tickets.iter().map(async |ticket| matches!(world.seat(*ticket).await, Seat::Settling(_)));
    let settling = futures_util::future::join_all(settling).await;
    assert!(settling.contains(&true), "one of the two is left");
    booking.abort();
    drop(finish);
    for ticket in &tickets {
        world.replica().janitor(ticket.event()).await;
        assert_eq!(world.seat(*ticket).await, Seat::Sold);
        world.assert_settled(ticket.event()).await;
    }
}

fn requested(tickets: &[TicketId]) -> Requested {
    Requested { tickets: tickets.iter().copied().collect(), any_unknown: false }
}

/// A release that stands before both of its settlings.
async fn standing_before_its_settlings(
    replica: &Replica,
    tickets: &[TicketId],
    key: Option<RequestKey>,
) -> ([Stopped; 2], JoinHandle<Result<(), ReleaseError>>) {
    let (context, requested) = (replica.context.clone(), requested(tickets));
    let [first, second] = [replica.gates.stop_before(Step::Settle), replica.gates.stop_before(Step::Settle)];
    let releasing =
        tokio::spawn(async move { soon(release_tickets(&context, user(1), requested, key)).await.map(drop) });
    ([first.reached().await, second.reached().await], releasing)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_release_that_is_late_frees_what_the_janitor_gave_back_and_nobody_elses_hold() {
    let (world, replica, tickets) = with_two_holds().await;
    let (settles, releasing) = standing_before_its_settlings(&replica, &tickets, None).await;
    for ticket in &tickets {
        world.replica().janitor(ticket.event()).await;
        assert_eq!(world.seat(*ticket).await, Seat::Held(user(1)), "as if nobody had released it");
    }
    // One of them runs out, and finds another holder.
    world.run_out(tickets[0]).await;
    assert_eq!(replica.hold(user(2), tickets[0].event(), 1).await, tickets[..1]);
    settles.into_iter().for_each(Stopped::go_on);
    releasing.await.unwrap().unwrap();
    assert_eq!(world.seat(tickets[0]).await, Seat::Held(user(2)));
    assert_eq!(world.seat(tickets[1]).await, Seat::Free, "what was told as released is not held");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_release_that_is_late_is_not_told_as_done_where_a_ticket_was_booked_meanwhile() {
    let (world, replica, tickets) = with_two_holds().await;
    let (settles, releasing) = standing_before_its_settlings(&replica, &tickets, None).await;
    world.replica().janitor(tickets[1].event()).await;
    world.replica().buy(user(1), &tickets[1..]).await;
    settles.into_iter().for_each(Stopped::go_on);
    let outcome = releasing.await.unwrap();
    assert!(matches!(outcome, Err(ReleaseError::Failed(Failure::Unknown(_)))), "{outcome:?}");
    assert_eq!(world.seat(tickets[0]).await, Seat::Free);
    assert_eq!(world.owners(tickets[1].event()).await.get(&tickets[1]), Some(&user(1)));
    world.assert_settled(tickets[1].event()).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_release_with_a_key_has_begun_its_repeat_finishes() {
    let key = Some(RequestKey { user: user(1), id: Uuid::from_u128(1), request: Uuid::from_u128(2) });
    let (world, dying, tickets) = with_two_holds().await;
    let ([first, second], releasing) = standing_before_its_settlings(&dying, &tickets, key).await;
    first.go_on();
    until("one of the two is free", async || {
        let seats = [world.seat(tickets[0]).await, world.seat(tickets[1]).await];
        seats.contains(&Seat::Free)
    })
    .await;
    releasing.abort();
    drop(second);
    let replica = world.replica();
    for ticket in &tickets {
        replica.janitor(ticket.event()).await;
    }
    let release = || release_tickets(&replica.context, user(1), requested(&tickets), key);
    assert!(!soon(release()).await.unwrap().is_replay, "something was left to do");
    for ticket in &tickets {
        assert_eq!(world.seat(*ticket).await, Seat::Free);
    }
    assert_eq!(replica.hold(user(2), tickets[0].event(), 1).await, tickets[..1]);
    assert!(soon(release()).await.unwrap().is_replay);
    assert_eq!(world.seat(tickets[0]).await, Seat::Held(user(2)));
}

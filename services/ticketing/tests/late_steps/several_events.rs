//! A booking of several events: no script reaches two of them, so it may stop between them.

use booked_failure::Failure;
use booked_ids::TicketId;
use booked_ticketing::usecases::BookError;

use crate::{
    gates::Step,
    world::{Replica, Seat, World, user},
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

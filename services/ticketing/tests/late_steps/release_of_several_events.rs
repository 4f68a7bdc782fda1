//! A release of several events: no script reaches two of them, so it may stop between them; and with a key it is done once.

use booked_failure::Failure;
use booked_idempotency::{Answered, RequestKey};
use booked_ids::TicketId;
use booked_ticketing::{
    domain::booking::Requested,
    usecases::{Context, ReleaseError, release_tickets},
};
use tokio::task::JoinHandle;
use uuid::Uuid;

use crate::{
    gates::{Step, Stopped},
    world::{Replica, Seat, World, soon, user},
};

type Outcome = Result<Answered<()>, ReleaseError>;

/// With this many tickets of each of two events, which the user holds; those of the first event first.
async fn with_holds_of_two_events(each: i64) -> (World, Replica, Vec<TicketId>) {
    let (world, replica, first) = World::with_event().await;
    let second = world.event(4).await;
    let mut tickets = replica.hold(user(1), first, each).await;
    tickets.extend(replica.hold(user(1), second, each).await);
    (world, replica, tickets)
}

/// One key; what is asked with it differs by the number.
fn key(request: u128) -> Option<RequestKey> {
    Some(RequestKey { user: user(1), id: Uuid::from_u128(1), request: Uuid::from_u128(request) })
}

async fn release(context: &Context, tickets: &[TicketId], key: Option<RequestKey>) -> Outcome {
    let tickets = tickets.iter().copied().collect();
    soon(release_tickets(context, user(1), Requested { tickets, any_unknown: false }, key)).await
}

/// A release that stands before such a step.
async fn standing_before(
    step: Step,
    replica: &Replica,
    tickets: &[TicketId],
    key: Option<RequestKey>,
) -> (Stopped, JoinHandle<Outcome>) {
    let stopped = replica.gates.stop_before(step);
    let (context, tickets) = (replica.context.clone(), tickets.to_vec());
    let releasing = tokio::spawn(async move { release(&context, &tickets, key).await });
    (stopped.reached().await, releasing)
}

async fn are(world: &World, tickets: &[TicketId], expected: Seat) {
    for ticket in tickets {
        assert_eq!(world.seat(*ticket).await, expected, "{ticket}");
    }
}

async fn janitor(world: &World, tickets: &[TicketId]) {
    for ticket in tickets {
        world.replica().janitor(ticket.event()).await;
    }
}

/// What has run out is taken back. The user reserves as many seats of each event again, and gets the same ones.
async fn hold_again(replica: &Replica, tickets: &[TicketId]) {
    for ticket in tickets {
        replica.context.holds.expire_holds(ticket.event(), 1_000).await.unwrap();
        assert_eq!(replica.hold(user(1), ticket.event(), 1).await, [*ticket]);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_release_that_is_late_frees_what_the_janitor_gave_back_and_nobody_elses_hold() {
    let (world, replica, tickets) = with_holds_of_two_events(1).await;
    let (settle, releasing) = standing_before(Step::Settle, &replica, &tickets, None).await;
    janitor(&world, &tickets).await;
    are(&world, &tickets, Seat::Held(user(1))).await;
    // One of them runs out, and finds another holder.
    world.run_out_and_take_back(tickets[0]).await;
    assert_eq!(replica.hold(user(2), tickets[0].event(), 1).await, tickets[..1]);
    settle.go_on();
    releasing.await.unwrap().unwrap();
    are(&world, &tickets[..1], Seat::Held(user(2))).await;
    assert_eq!(world.seat(tickets[1]).await, Seat::Free, "what was told as released is not held");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_release_that_is_late_is_not_told_as_done_where_a_ticket_was_booked_meanwhile() {
    let (world, replica, tickets) = with_holds_of_two_events(1).await;
    let (settle, releasing) = standing_before(Step::Settle, &replica, &tickets, None).await;
    world.replica().janitor(tickets[1].event()).await;
    world.replica().buy(user(1), &tickets[1..]).await;
    settle.go_on();
    let outcome = releasing.await.unwrap();
    assert!(matches!(outcome, Err(ReleaseError::Failed(Failure::Unknown(_)))), "{outcome:?}");
    are(&world, &tickets[..1], Seat::Free).await;
    assert_eq!(world.owners(tickets[1].event()).await.get(&tickets[1]), Some(&user(1)));
    world.assert_settled(tickets[1].event()).await;
}

/// A release with a key whose process dies between its two events.
async fn dead_between_its_events(world: &World, replica: &Replica, tickets: &[TicketId]) {
    let (first, releasing) = standing_before(Step::Settle, replica, tickets, key(1)).await;
    let second = replica.gates.stop_before(Step::Settle);
    first.go_on();
    let second = second.reached().await;
    are(world, &tickets[..1], Seat::Free).await;
    releasing.abort();
    drop(second);
    janitor(world, tickets).await;
    are(world, &tickets[1..], Seat::Held(user(1))).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_release_with_a_key_has_begun_its_repeat_finishes() {
    let (world, dying, tickets) = with_holds_of_two_events(1).await;
    dead_between_its_events(&world, &dying, &tickets).await;
    let replica = world.replica();

    assert!(
        !release(&replica.context, &tickets, key(1)).await.unwrap().is_replay,
        "something was left to do"
    );

    are(&world, &tickets, Seat::Free).await;
    assert_eq!(replica.hold(user(2), tickets[0].event(), 1).await, tickets[..1]);
    assert!(release(&replica.context, &tickets, key(1)).await.unwrap().is_replay);
    are(&world, &tickets[..1], Seat::Held(user(2))).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_has_run_out_before_the_repeat_is_not_released_from_a_later_hold() {
    let (world, dying, tickets) = with_holds_of_two_events(1).await;
    dead_between_its_events(&world, &dying, &tickets).await;
    let replica = world.replica();
    world.run_out(tickets[1]).await;
    release(&replica.context, &tickets, key(1)).await.unwrap();
    hold_again(&replica, &tickets).await;

    assert!(release(&replica.context, &tickets, key(1)).await.unwrap().is_replay);

    are(&world, &tickets, Seat::Held(user(1))).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_release_that_is_late_before_its_settling_leaves_later_holds_if_its_repeat_was_done() {
    let (world, late, tickets) = with_holds_of_two_events(1).await;
    let (settle, releasing) = standing_before(Step::Settle, &late, &tickets, key(1)).await;
    janitor(&world, &tickets).await;
    let replica = world.replica();
    assert!(!release(&replica.context, &tickets, key(1)).await.unwrap().is_replay);
    hold_again(&replica, &tickets).await;

    settle.go_on();

    assert!(releasing.await.unwrap().unwrap().is_replay);
    are(&world, &tickets, Seat::Held(user(1))).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_release_that_is_late_before_its_claims_leaves_later_holds_if_its_repeat_was_done() {
    let (world, late, tickets) = with_holds_of_two_events(1).await;
    let (claim, releasing) = standing_before(Step::Claim, &late, &tickets, key(1)).await;
    let replica = world.replica();
    release(&replica.context, &tickets, key(1)).await.unwrap();
    hold_again(&replica, &tickets).await;

    claim.go_on();

    assert!(releasing.await.unwrap().unwrap().is_replay);
    are(&world, &tickets, Seat::Held(user(1))).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_release_that_is_late_says_what_its_repeat_was_refused_and_leaves_later_holds() {
    let (world, late, tickets) = with_holds_of_two_events(1).await;
    let (claim, releasing) = standing_before(Step::Claim, &late, &tickets, key(1)).await;
    let replica = world.replica();
    for ticket in &tickets {
        world.run_out(*ticket).await;
    }
    let refused = release(&replica.context, &tickets, key(1)).await;
    assert!(matches!(refused, Err(ReleaseError::NotReserved)), "{refused:?}");
    hold_again(&replica, &tickets).await;

    claim.go_on();

    let outcome = releasing.await.unwrap();
    let Err(ReleaseError::Before(before)) = outcome else { panic!("{outcome:?}") };
    assert!(matches!(*before, ReleaseError::NotReserved), "{before:?}");
    are(&world, &tickets, Seat::Held(user(1))).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn of_two_releases_with_one_key_at_once_one_is_another_request_and_changes_nothing() {
    let (world, late, tickets) = with_holds_of_two_events(2).await;
    let of_both = |number: usize| vec![tickets[number], tickets[number + 2]];
    let (one, other) = (of_both(0), of_both(1));
    let (settle, releasing) = standing_before(Step::Settle, &late, &one, key(1)).await;
    release(&world.replica().context, &other, key(2)).await.unwrap();

    settle.go_on();

    let outcome = releasing.await.unwrap();
    assert!(matches!(outcome, Err(ReleaseError::OtherRequest)), "{outcome:?}");
    are(&world, &one, Seat::Held(user(1))).await;
    are(&world, &other, Seat::Free).await;
}

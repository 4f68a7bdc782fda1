//! A cancel of chosen tickets of two events that stops between its steps, or of which nobody heard.

use booked_failure::Failure;
use booked_ids::TicketId;
use booked_ticketing::{
    domain::booking::Requested,
    usecases::{CancelChosenError, cancel_chosen_tickets},
};
use diesel_async::{AsyncConnection as _, AsyncPgConnection, SimpleAsyncConnection as _};
use tokio::task::JoinHandle;

use crate::{
    gates::{Step, Stopped},
    world::{CAPACITY, Replica, Seat, World, soon, state, until, until_finished, user},
};

/// Two tickets of the first event and one of the second, that are the first user's.
async fn with_tickets() -> (World, Replica, Vec<TicketId>) {
    let (world, replica, first) = World::with_event().await;
    let second = world.event(2).await;
    let mut tickets = replica.hold(user(1), first, 2).await;
    tickets.extend(replica.hold(user(1), second, 1).await);
    replica.buy(user(1), &tickets).await;
    (world, replica, tickets)
}

/// A cancel that goes on on its own.
fn cancel(replica: &Replica, tickets: &[TicketId]) -> JoinHandle<Result<(), CancelChosenError>> {
    let context = replica.context.clone();
    let requested = Requested { tickets: tickets.iter().copied().collect(), any_unknown: false };
    tokio::spawn(async move { soon(cancel_chosen_tickets(&context, user(1), requested, None)).await })
}

async fn seats(world: &World, tickets: &[TicketId]) -> Vec<Seat> {
    let mut seats = Vec::new();
    for ticket in tickets {
        seats.push(world.seat(*ticket).await);
    }
    seats
}

async fn assert_settled(world: &World, tickets: &[TicketId]) {
    for ticket in tickets {
        world.assert_settled(ticket.event()).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn its_seats_settle_until_it_is_committed_and_one_claim_that_never_came_leaves_a_bit_to_the_reconciler()
{
    let (world, replica, tickets) = with_tickets().await;
    let commit = replica.gates.stop_before(Step::Cancel);
    let cancelling = cancel(&replica, &tickets);
    let commit = commit.reached().await;
    for seat in seats(&world, &tickets).await {
        assert!(matches!(seat, Seat::Settling(_)), "{seat:?}");
    }
    // The janitor comes to one of the events before the transaction.
    assert_eq!(world.replica().janitor(tickets[0].event()).await, 2);
    assert_eq!(seats(&world, &tickets[..2]).await, [Seat::Sold; 2], "they are sold still");
    commit.go_on();
    cancelling.await.unwrap().unwrap();

    assert_eq!(seats(&world, &tickets).await, [Seat::Sold, Seat::Sold, Seat::Free]);
    assert_eq!(world.replica().reconcile(tickets[0].event()).await.freed, 2);
    assert_eq!(seats(&world, &tickets).await, [Seat::Free; 3]);
    assert_settled(&world, &tickets).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_settling_that_comes_late_does_not_free_what_was_sold_again() {
    let (world, replica, tickets) = with_tickets().await;
    let stops = [replica.gates.stop_before(Step::Settle), replica.gates.stop_before(Step::Settle)];
    let cancelling = cancel(&replica, &tickets);
    let [first, second] = stops;
    let stops = [first.reached().await, second.reached().await];
    // The janitor frees the seats of both events, and somebody else buys one and holds another.
    let others = world.replica();
    for ticket in &tickets[1..] {
        others.janitor(ticket.event()).await;
    }
    assert_eq!(seats(&world, &tickets).await, [Seat::Free; 3]);
    assert_eq!(others.hold(user(2), tickets[0].event(), 1).await, tickets[..1]);
    others.buy(user(2), &tickets[..1]).await;
    assert_eq!(others.hold(user(3), tickets[2].event(), 1).await, tickets[2..]);
    stops.into_iter().for_each(Stopped::go_on);
    cancelling.await.unwrap().unwrap();

    assert_eq!(seats(&world, &tickets).await, [Seat::Sold, Seat::Free, Seat::Held(user(3))]);
    assert_eq!(world.owners(tickets[0].event()).await.get(&tickets[0]), Some(&user(2)));
    assert_settled(&world, &tickets).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_process_that_dies_between_its_settlings_leaves_the_rest_to_the_janitor() {
    let (world, replica, tickets) = with_tickets().await;
    let settle = replica.gates.stop_before(Step::Settle);
    let cancelling = cancel(&replica, &tickets);
    let settle = settle.reached().await;
    cancelling.abort();
    drop(settle);
    for ticket in &tickets {
        assert!(world.owners(ticket.event()).await.is_empty(), "all are cancelled");
        world.replica().janitor(ticket.event()).await;
    }
    assert_eq!(seats(&world, &tickets).await, [Seat::Free; 3]);
    assert_settled(&world, &tickets).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn one_of_which_nobody_heard_is_settled_by_what_postgres_says() {
    let (world, replica, tickets) = with_tickets().await;
    replica.gates.lose_the_answer_of(Step::Cancel);
    let outcome = cancel(&replica, &tickets[..1]).await.unwrap();
    assert!(matches!(outcome, Err(CancelChosenError::Failed(Failure::Unknown(_)))), "{outcome:?}");
    assert!(matches!(world.seat(tickets[0]).await, Seat::Settling(_)), "only a definite answer settles");
    world.replica().janitor(tickets[0].event()).await;
    assert_eq!(world.seat(tickets[0]).await, Seat::Free, "it was done");

    let loose = replica.gates.let_loose(Step::Cancel);
    let outcome = cancel(&replica, &tickets[1..]).await.unwrap();
    assert!(matches!(outcome, Err(CancelChosenError::Failed(Failure::Unknown(_)))), "{outcome:?}");
    for ticket in &tickets[1..] {
        world.replica().janitor(ticket.event()).await;
    }
    assert_eq!(seats(&world, &tickets[1..]).await, [Seat::Sold; 2], "it was not done");
    assert_eq!(loose.come().await, "Ok(Done)");
    assert_settled(&world, &tickets).await;
    assert_eq!(seats(&world, &tickets).await, [Seat::Free; 3]);
}

#[tokio::test(flavor = "multi_thread")]
async fn where_one_ticket_is_gone_meanwhile_none_is_cancelled() {
    let (world, replica, tickets) = with_tickets().await;
    let commit = replica.gates.stop_before(Step::Cancel);
    let cancelling = cancel(&replica, &tickets);
    let commit = commit.reached().await;
    let others = world.replica();
    others.cancel(user(1), tickets[0].event(), 1).await.unwrap().unwrap();
    commit.go_on();
    let outcome = cancelling.await.unwrap();
    assert!(matches!(outcome, Err(CancelChosenError::NotYours)), "{outcome:?}");
    assert_eq!(world.seat(tickets[0]).await, Seat::Sold);
    assert_eq!(world.seat(tickets[1]).await, Seat::Free, "its claim stood in the way, and is dropped");
    assert_eq!(world.seat(tickets[2]).await, Seat::Sold);
    assert_eq!(world.owners(tickets[2].event()).await.len(), 1);
    assert_settled(&world, &tickets).await;
}

/// As while a process of the release before cancels by count: it takes no turn at all events of a user.
#[tokio::test(flavor = "multi_thread")]
async fn where_one_ticket_goes_in_the_middle_of_the_transaction_none_is_cancelled() {
    const WAITING: &str = "SELECT count(*) FROM pg_stat_activity
        WHERE datname = current_database() AND wait_event_type = 'Lock'";
    let (world, replica, tickets) = with_tickets().await;
    let mut older = AsyncPgConnection::establish(&world.database.url()).await.unwrap();
    let delete = format!("BEGIN; DELETE FROM tickets WHERE id = '{}'", tickets[1]);
    older.batch_execute(&delete).await.unwrap();
    let cancelling = cancel(&replica, &tickets);
    until("it waits for the row", async || world.database.execute(WAITING).trim() == "1").await;
    older.batch_execute("COMMIT").await.unwrap();
    let outcome = cancelling.await.unwrap();
    assert!(matches!(outcome, Err(CancelChosenError::NotYours)), "{outcome:?}");
    assert_eq!(world.owners(tickets[0].event()).await.into_keys().collect::<Vec<_>>(), tickets[..1]);
    assert_eq!(world.owners(tickets[2].event()).await.into_keys().collect::<Vec<_>>(), tickets[2..]);
}

#[tokio::test(flavor = "multi_thread")]
async fn where_one_of_the_events_is_deleted_meanwhile_none_is_cancelled() {
    let (world, replica, tickets) = with_tickets().await;
    let commit = replica.gates.stop_before(Step::Cancel);
    let cancelling = cancel(&replica, &tickets);
    let commit = commit.reached().await;
    world.apply(state(tickets[2].event(), 2, CAPACITY, true)).await;
    commit.go_on();
    until_finished(&cancelling).await;
    let outcome = cancelling.await.unwrap();
    assert!(matches!(outcome, Err(CancelChosenError::NotYours)), "{outcome:?}");
    assert_eq!(seats(&world, &tickets[..2]).await, [Seat::Sold; 2]);
    assert_eq!(world.owners(tickets[0].event()).await.len(), 2);
    world.assert_settled(tickets[0].event()).await;
}

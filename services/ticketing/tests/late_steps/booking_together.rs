//! Group commit and replicas: bookings of the same moment, of one batch or of several processes.

use std::{collections::HashMap, future::Future, pin::pin};

use booked_failure::Failure;
use booked_ids::{EventId, SeatNumber, TicketId, UserId};
use booked_ticketing::{
    domain::{booking::Tickets, seat::AttemptId},
    ports::Booked,
    usecases::BookError,
};
use diesel_async::{AsyncConnection as _, AsyncPgConnection, SimpleAsyncConnection as _};
use futures_util::{future::join_all, poll};
use tokio::task::JoinHandle;
use uuid::Uuid;

use crate::{
    gates::Step,
    world::{CAPACITY, Replica, Seat, World, soon, state, until, user},
};

pub(crate) fn ticket(event: EventId, seat: u32) -> TicketId {
    event.ticket(SeatNumber::new(seat).unwrap())
}

fn attempt(number: u128) -> AttemptId {
    AttemptId(Uuid::from_u128(number))
}

impl Replica {
    /// A transaction of the store on its own, without any hold.
    pub(crate) fn book_in_postgres(
        &self,
        number: u128,
        user: UserId,
        tickets: impl IntoIterator<Item = TicketId>,
    ) -> JoinHandle<Result<Booked, Failure>> {
        tokio::spawn(self.booking_in_postgres(number, user, tickets.into_iter().collect()))
    }

    /// The same, which waits in the queue from when it is first polled.
    fn booking_in_postgres(
        &self,
        number: u128,
        user: UserId,
        tickets: Vec<TicketId>,
    ) -> impl Future<Output = Result<Booked, Failure>> + use<> {
        let (store, tickets) = (self.context.bookings.clone(), tickets.into_iter().collect::<Tickets>());
        async move { soon(store.book(attempt(number), user, &tickets, None)).await }
    }
}

pub(crate) const WAITING: &str = "SELECT count(*) FROM pg_stat_activity
    WHERE datname = current_database() AND wait_event_type = 'Lock'";

/// Somebody has written a ticket and not committed it: those who want it wait.
pub(crate) async fn write_uncommitted(world: &World, ticket: TicketId, owner: UserId) -> AsyncPgConnection {
    let mut connection = AsyncPgConnection::establish(&world.database.url()).await.unwrap();
    let (id, event, booking) = (ticket.as_uuid(), ticket.event(), Uuid::from_u128(0xb00));
    let insert = format!(
        "BEGIN; INSERT INTO tickets VALUES ('{id}', '{event}', '{owner}', '{booking}', now());
         INSERT INTO outbox (kind, subject, data) VALUES ('booked.ticketing.tickets_booked', '{event}',
            json_build_object('booking_id', '{booking}', 'event_id', '{event}', 'user_id', '{owner}',
            'seats', json_build_array({})))",
        ticket.seat()
    );
    connection.batch_execute(&insert).await.unwrap();
    connection
}

/// The replica's only flusher is kept busy, so that what comes meanwhile shares the next transaction.
async fn busy_flusher(world: &World, replica: &Replica, event: EventId) -> AsyncPgConnection {
    let last = ticket(event, CAPACITY);
    let holder = write_uncommitted(world, last, user(99)).await;
    replica.book_in_postgres(1000, user(98), [last]);
    until("the flusher waits", async || world.database.execute(WAITING).trim() == "1").await;
    holder
}

#[tokio::test(flavor = "multi_thread")]
async fn a_refused_booking_never_spoils_its_neighbours() {
    let (world, replica, event) = World::with_event().await;
    let (other, deleted) = (world.event(2).await, world.event(3).await);
    world.apply(state(deleted, 2, CAPACITY, true)).await;
    let unknown = EventId::new(1, [9; 16]);
    assert_eq!(
        replica.book_in_postgres(1, user(1), [ticket(event, 1)]).await.unwrap().unwrap(),
        Booked::Done
    );
    replica.context.bookings.void_unless_booked(attempt(7)).await.unwrap();

    let mut holder = busy_flusher(&world, &replica, event).await;
    let bookings = [
        (2, user(2), vec![ticket(event, 2)], "Done"),
        (3, user(3), vec![ticket(event, 1), ticket(event, 3)], "Sold"),
        (4, user(3), vec![ticket(event, 3), ticket(deleted, 3)], "NotForSale"),
        (5, user(3), vec![ticket(event, 3), ticket(unknown, 3)], "NotForSale"),
        (6, user(3), vec![ticket(event, 3), ticket(event, CAPACITY + 1)], "NotForSale"),
        (7, user(3), vec![ticket(event, 3)], "Void"),
        (8, user(4), vec![ticket(event, 4), ticket(other, 4)], "Done"),
    ];
    let expected = bookings.each_ref().map(|(.., expected)| *expected);
    let booking = |(number, user, tickets, _)| replica.booking_in_postgres(number, user, tickets);
    let mut outcomes = pin!(join_all(bookings.map(booking)));
    assert!(poll!(&mut outcomes).is_pending(), "all of them wait in the queue");
    holder.batch_execute("ROLLBACK").await.unwrap();

    for (outcome, expected) in outcomes.await.into_iter().zip(expected) {
        let outcome = format!("{:?}", outcome.unwrap());
        assert!(outcome.starts_with(expected), "{outcome} instead of {expected}");
    }
    let owners = world.owners(event).await;
    let seats: Vec<u32> = owners.keys().map(|ticket| ticket.seat().get()).collect();
    assert_eq!(seats, [1, 2, 4, CAPACITY]);
    let transactions = "SELECT count(DISTINCT transaction_id) FROM outbox
        WHERE data->>'booking_id' IN ('00000000-0000-0000-0000-000000000002', '00000000-0000-0000-0000-000000000008')";
    assert_eq!(world.database.execute(transactions).trim(), "1", "neighbours share a transaction");
    world.assert_settled(event).await;
    world.assert_settled(other).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn of_two_bookings_of_one_ticket_in_a_batch_one_is_done() {
    let (world, replica, event) = World::with_event().await;
    let mut holder = busy_flusher(&world, &replica, event).await;
    let rivals = [
        replica.book_in_postgres(1, user(1), [ticket(event, 1), ticket(event, 2)]),
        replica.book_in_postgres(2, user(2), [ticket(event, 2), ticket(event, 3)]),
        replica.book_in_postgres(3, user(3), [ticket(event, 2)]),
    ];
    let neighbour = replica.book_in_postgres(4, user(4), [ticket(event, 4)]);
    tokio::task::yield_now().await;
    holder.batch_execute("ROLLBACK").await.unwrap();
    assert_eq!(neighbour.await.unwrap().unwrap(), Booked::Done);
    let mut done = 0;
    for rival in rivals {
        match rival.await.unwrap().unwrap() {
            Booked::Done => done += 1,
            Booked::Sold(owners) => assert!(owners.contains_key(&ticket(event, 2))),
            other => panic!("{other:?}"),
        }
    }
    assert_eq!(done, 1);
    world.assert_settled(event).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_ticket_that_somebody_else_writes_at_the_same_moment_is_theirs() {
    let (world, replica, event) = World::with_event().await;
    let wanted = [ticket(event, 1), ticket(event, 2)];
    let mut other = write_uncommitted(&world, wanted[1], user(2)).await;
    let booking = replica.book_in_postgres(1, user(1), wanted);
    until("the booking waits", async || world.database.execute(WAITING).trim() == "1").await;
    other.batch_execute("COMMIT").await.unwrap();
    assert_eq!(booking.await.unwrap().unwrap(), Booked::Sold(HashMap::from([(wanted[1], user(2))])));
    assert_eq!(world.owners(event).await.len(), 1, "nothing of the refused one stays");
    world.assert_settled(event).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn two_replicas_that_sell_one_seat_after_valkey_lost_it_sell_it_once() {
    let world = World::new().await;
    let replicas = [world.replica(), world.replica()];
    for round in 0..10 {
        let event = world.event(round).await;
        let tickets = replicas[0].hold(user(1), event, 2).await;
        let first_commit = replicas[0].gates.stop_before(Step::Book);
        let first = replicas[0].book(user(1), &tickets);
        let first_commit = first_commit.reached().await;
        world.lose_all().await;
        assert_eq!(replicas[1].hold(user(2), event, 2).await, tickets, "nobody knows of the first claim");
        let second_commit = replicas[1].gates.stop_before(Step::Book);
        let second = replicas[1].book(user(2), &tickets);
        let second_commit = second_commit.reached().await;

        first_commit.go_on();
        second_commit.go_on();
        let outcomes = [first.await.unwrap(), second.await.unwrap()];
        let owner = match outcomes {
            [Ok(()), Err(BookError::NotYours)] => user(1),
            [Err(BookError::NotYours), Ok(())] => user(2),
            _ => panic!("one of the two, and not {outcomes:?}"),
        };
        let owners: Vec<_> = world.owners(event).await.into_iter().collect();
        assert_eq!(owners, [(tickets[0], owner), (tickets[1], owner)]);
        world.assert_settled(event).await;
        assert_eq!(world.seat(tickets[0]).await, Seat::Sold);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_booking_whose_claim_valkey_lost_is_known_again_after_the_reconciler() {
    let (world, replica, event) = World::with_event().await;
    let tickets = replica.hold(user(1), event, 1).await;
    let commit = replica.gates.stop_before(Step::Book);
    let booking = replica.book(user(1), &tickets);
    let commit = commit.reached().await;
    world.lose_all().await;
    let others = world.replica();
    assert_eq!(others.hold(user(2), event, 1).await, tickets);
    commit.go_on();
    booking.await.unwrap().unwrap();
    assert_eq!(world.seat(tickets[0]).await, Seat::Held(user(2)), "finish touches no hold of others");

    let outcome = others.book(user(2), &tickets).await.unwrap();
    assert!(matches!(outcome, Err(BookError::NotYours)), "{outcome:?}");
    assert_eq!(world.seat(tickets[0]).await, Seat::Sold, "and now Valkey knows");
    world.assert_settled(event).await;
}

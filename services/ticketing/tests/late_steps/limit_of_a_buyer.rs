//! The limit of a buyer with two bookings of theirs at once, on the way in two processes; and without each of its guards.

use booked_contract::{feed::EventState, sale::SaleTerms};
use booked_ids::EventId;
use booked_ticketing::{
    ports::{Booked, Holds as _},
    usecases::BookError,
};
use diesel_async::{AsyncConnection as _, AsyncPgConnection, SimpleAsyncConnection as _};

use crate::{
    booking_together::{WAITING, ticket, write_uncommitted},
    controls::control_of,
    gates::Step,
    world::{CAPACITY, Replica, World, state, until, user},
};

/// An event of which one user may have this many tickets, and two processes that know so.
async fn limited(limit: u32) -> (World, [Replica; 2], EventId) {
    let (world, replica, event) = World::with_event().await;
    let terms = SaleTerms { max_per_buyer: Some(limit), ..SaleTerms::default() };
    world.apply(EventState { sale: Some(terms), ..state(event, 2, CAPACITY, false) }).await;
    let replicas = [replica, world.replica()];
    for (number, replica) in replicas.iter().enumerate() {
        // The first booking in a process is contended, unless the guard is off.
        let number = u128::try_from(number).unwrap();
        for attempt in [1, 2] {
            let seat = ticket(event, CAPACITY - u32::try_from(number).unwrap());
            drop(replica.book_in_postgres(100 * attempt + number, user(90 + number), [seat]).await.unwrap());
        }
    }
    (world, replicas, event)
}

/// Whether two bookings of one ticket each, at once in two processes, leave the user with one.
async fn one_of_two_comes_through() -> bool {
    let (world, [one, other], event) = limited(1).await;
    let tickets = [ticket(event, 1), ticket(event, 2)];
    // Who wants these waits, after it was judged.
    let mut holders = Vec::new();
    for ticket in tickets {
        holders.push(write_uncommitted(&world, ticket, user(99)).await);
    }
    let first = one.book_in_postgres(1, user(1), [tickets[0]]);
    until("the first one waits", async || world.database.execute(WAITING).trim() == "1").await;
    let second = other.book_in_postgres(2, user(1), [tickets[1]]);
    until("the second one waits or is refused", async || {
        second.is_finished() || world.database.execute(WAITING).trim() == "2"
    })
    .await;
    for mut holder in holders {
        holder.batch_execute("ROLLBACK").await.unwrap();
    }
    let came = [first.await.unwrap().unwrap(), second.await.unwrap().unwrap()];
    assert_eq!(came[0], Booked::Done);
    let owners = world.owners(event).await;
    owners.values().filter(|owner| **owner == user(1)).count() == 1
}

#[tokio::test(flavor = "multi_thread")]
async fn limit_under_lock() {
    control_of("limit_of_a_buyer", "limit-under-lock", one_of_two_comes_through()).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn limit_by_postgres() {
    control_of("limit_of_a_buyer", "limit-by-postgres", async {
        let (_world, [replica, _], event) = limited(1).await;
        let tickets = [ticket(event, 1), ticket(event, 2)];
        let booked = replica.book_in_postgres(1, user(1), tickets).await.unwrap().unwrap();
        booked == Booked::OverLimit
    })
    .await;
}

/// A booking is under way while an event has no limit; then it gets one, and another process decides the next booking by a snapshot
/// that is older than both.
#[tokio::test(flavor = "multi_thread")]
async fn limit_of_snapshot() {
    control_of("limit_of_a_buyer", "limit-of-snapshot", async {
        let (world, [_, knows], event) = limited(2).await;
        world
            .apply(EventState { sale: Some(SaleTerms::default()), ..state(event, 3, CAPACITY, false) })
            .await;
        let unaware = world.replica();
        let waiting = async |count: &str| {
            until("it waits", async || world.database.execute(WAITING).trim() == count).await;
        };
        let mut holder = write_uncommitted(&world, ticket(event, 1), user(99)).await;
        let first = unaware.book_in_postgres(1, user(1), [1, 2, 3].map(|seat| ticket(event, seat)));
        waiting("1").await;
        let mut admin = AsyncPgConnection::establish(&world.database.url()).await.unwrap();
        let [.., turn, _, _, _, _] = event.as_uuid().into_bytes();
        let change = format!(
            "BEGIN; SELECT pg_advisory_xact_lock(1, {turn}); UPDATE events SET version = 4, \
             sale = '{{\"max_per_buyer\": 2}}' WHERE id = '{event}'; COMMIT"
        );
        let changing = tokio::spawn(async move { admin.batch_execute(&change).await.unwrap() });
        waiting("2").await;
        let second = knows.book_in_postgres(2, user(1), [4, 5].map(|seat| ticket(event, seat)));
        waiting("3").await;
        holder.batch_execute("ROLLBACK").await.unwrap();
        changing.await.unwrap();
        assert_eq!(first.await.unwrap().unwrap(), Booked::Done);
        second.await.unwrap().unwrap() != Booked::Done
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_booking_that_stopped_after_its_claim_counts_for_the_limit() {
    let (world, [replica, other], event) = limited(2).await;
    let held = replica.hold(user(1), event, 2).await;
    let commit = replica.gates.stop_before(Step::Book);
    let booking = replica.book(user(1), &held);
    let commit = commit.reached().await;
    for ticket in &held {
        world.run_out(*ticket).await;
    }
    let refused = other.reserve(user(1), event, 1).await.unwrap_err();
    assert_eq!(refused.to_string(), "one buyer may hold and have no more than 2 tickets of the event");
    commit.go_on();
    booking.await.unwrap().unwrap();
    assert!(other.reserve(user(1), event, 1).await.is_err());
    world.assert_settled(event).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_booking_that_comes_after_valkey_was_lost_is_decided_by_postgres() {
    let (world, [replica, other], event) = limited(2).await;
    let held = replica.hold(user(1), event, 2).await;
    let commit = replica.gates.stop_before(Step::Book);
    let booking = replica.book(user(1), &held);
    let commit = commit.reached().await;
    world.lose_all().await;
    // Nobody knows of the first two. Somebody else gets them, and the user two others, which is what a loss costs.
    other.hold(user(2), event, 2).await;
    let others = other.hold(user(1), event, 2).await;
    other.buy(user(1), &others).await;
    commit.go_on();
    assert!(matches!(booking.await.unwrap(), Err(BookError::OverLimit)));
    assert!(other.reserve(user(1), event, 1).await.is_err());
    assert_eq!(world.owners(event).await.values().filter(|owner| **owner == user(1)).count(), 2);
    world.assert_settled(event).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_bought_while_it_was_noted_counts() {
    let (world, [replica, other], event) = limited(2).await;
    let held = replica.hold(user(1), event, 2).await;
    world.lose(event, &format!("buyer:{}", user(1))).await;
    let note = other.gates.stop_before(Step::NoteTickets);
    let reserving = {
        let context = other.context.clone();
        let one = booked_ticketing::domain::count::SeatsWanted::new(1).unwrap();
        tokio::spawn(async move {
            booked_ticketing::usecases::reserve_tickets(&context, user(1), event, one, None).await
        })
    };
    // Postgres was asked, and knows of nothing yet.
    let note = note.reached().await;
    replica.buy(user(1), &held).await;
    note.go_on();
    assert!(reserving.await.unwrap().is_err(), "two are sold, and two is the limit");
    assert!(world.seats().held_by(event, user(1)).await.unwrap().is_empty());
}

/// While a replica elsewhere has the buyer, one of this one's bookings asks again and again, and the others wait for their turn.
#[tokio::test(flavor = "multi_thread")]
async fn bookings_of_one_buyer_wait_in_memory_and_not_in_the_queue_of_all() {
    const BOOKINGS: usize = 6;
    let (world, [replica, _], event) = limited(20).await;
    let held = replica.hold(user(1), event, i64::try_from(BOOKINGS).unwrap()).await;
    let mut elsewhere = AsyncPgConnection::establish(&world.database.url()).await.unwrap();
    let lock = format!("BEGIN; SELECT pg_advisory_xact_lock(hashtextextended('buyer {}', 0))", user(1));
    elsewhere.batch_execute(&lock).await.unwrap();
    let tries = || replica.gates.times(Step::Book);
    let before = tries();
    let bookings: Vec<_> = held.iter().map(|ticket| replica.book(user(1), &[*ticket])).collect();
    until("all have tried", async || tries() >= before + 2 * BOOKINGS).await;
    elsewhere.batch_execute("ROLLBACK").await.unwrap();
    let released = tries();
    for booking in bookings {
        booking.await.unwrap().unwrap();
    }
    // One for each, and whatever was on its way.
    assert!(tries() - released <= BOOKINGS + 2, "{} tries for {BOOKINGS} bookings", tries() - released);
}

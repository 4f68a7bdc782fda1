//! A load that stops between its steps, while others load, book, delete and grow.

use booked_failure::Failure;
use booked_ids::{EventId, SeatNumber, TicketId};
use booked_postgres::Abort;
use booked_ticketing::{
    ports::{EventRecord, Inventory as _, LeaseNonce},
    usecases::{BookError, ReserveError},
};
use tokio::task::JoinHandle;
use uuid::Uuid;

use crate::{
    gates::{Step, Stopped},
    world::{CAPACITY, Replica, Seat, World, soon, state, until, user},
};

type Reserving = JoinHandle<Result<Vec<TicketId>, ReserveError>>;

/// A reservation of one seat by user 9, which makes the inventory and stops before this step.
async fn loading_until(replica: Replica, event: EventId, step: Step) -> (Stopped, Reserving) {
    let stopped = replica.gates.stop_before(step);
    let reserving = tokio::spawn(async move { soon(replica.reserve(user(9), event, 1)).await });
    (stopped.reached().await, reserving)
}

#[tokio::test(flavor = "multi_thread")]
async fn an_inventory_that_is_published_late_does_not_bring_back_what_was_sold_meanwhile() {
    let (world, replica, event) = World::with_event().await;
    let (publish, late) = loading_until(world.replica(), event, Step::Publish).await;
    world.lose(event, "load").await;
    let tickets = replica.hold(user(1), event, 2).await;
    replica.buy(user(1), &tickets).await;
    // Lost once more, so that nothing but its lease stands in the late one's way.
    world.lose(event, "taken").await;
    publish.go_on();

    let reserved = late.await.unwrap().unwrap();
    assert!(!tickets.contains(&reserved[0]), "it read again what is sold");
    assert_eq!(world.seat(tickets[0]).await, Seat::Sold);
    world.assert_settled(event).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_an_inventory_is_made_from_is_read_under_the_lease() {
    let (world, replica, event) = World::with_event().await;
    let (lease, late) = loading_until(world.replica(), event, Step::AcquireLoad).await;
    let tickets = replica.hold(user(1), event, 2).await;
    replica.buy(user(1), &tickets).await;
    world.lose(event, "taken").await;
    lease.go_on();
    let reserved = late.await.unwrap().unwrap();
    assert!(!tickets.contains(&reserved[0]), "what it may have read before is old");
    world.assert_settled(event).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_inventory_that_is_published_late_ends_no_holds_and_no_claims() {
    let (world, replica, event) = World::with_event().await;
    let (lease, late) = loading_until(world.replica(), event, Step::AcquireLoad).await;
    let held = replica.hold(user(1), event, 1).await;
    let booked = replica.hold(user(1), event, 1).await;
    let commit = replica.gates.stop_before(Step::Book);
    let booking = replica.book(user(1), &booked);
    let commit = commit.reached().await;
    // It gets the lease, but there is an inventory by now.
    lease.go_on();
    let reserved = late.await.unwrap().unwrap();
    assert_ne!(reserved, held);
    assert_eq!(world.seat(held[0]).await, Seat::Held(user(1)));
    assert!(matches!(world.seat(booked[0]).await, Seat::Settling(_)));
    commit.go_on();
    booking.await.unwrap().unwrap();
    replica.buy(user(1), &held).await;
    world.assert_settled(event).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_booking_that_commits_while_the_inventory_is_made_again_is_known_in_the_end() {
    let (world, replica, event) = World::with_event().await;
    let tickets = replica.hold(user(1), event, 1).await;
    let commit = replica.gates.stop_before(Step::Book);
    let booking = replica.book(user(1), &tickets);
    let commit = commit.reached().await;
    world.lose_all().await;
    // The snapshot does not know of the booking.
    let (publish, rebuilt) = loading_until(world.replica(), event, Step::Publish).await;
    commit.go_on();
    booking.await.unwrap().unwrap();
    publish.go_on();
    assert_eq!(rebuilt.await.unwrap().unwrap(), tickets, "for a moment it offers a sold seat");

    let outcome = replica.book(user(9), &tickets).await.unwrap();
    assert!(matches!(outcome, Err(BookError::NotYours)), "whose booking is refused: {outcome:?}");
    assert_eq!(world.owners(event).await.get(&tickets[0]), Some(&user(1)));
    assert_eq!(world.seat(tickets[0]).await, Seat::Sold);
    world.assert_settled(event).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_load_that_lost_its_lease_begins_again() {
    let (world, _, event) = World::with_event().await;
    let (publish, late) = loading_until(world.replica(), event, Step::Publish).await;
    world.lose_all().await;
    publish.go_on();
    assert_eq!(late.await.unwrap().unwrap().len(), 1);
    world.assert_settled(event).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn however_many_make_an_inventory_at_once_every_seat_is_held_once() {
    let (world, _, event) = World::with_event().await;
    let replicas: Vec<Replica> = (0..4).map(|_| world.replica()).collect();
    let mut reserving = Vec::new();
    for number in 0..u128::from(CAPACITY) {
        let context = replicas[usize::try_from(number).unwrap() % 4].context.clone();
        let one = booked_ticketing::domain::count::SeatsWanted::new(1).unwrap();
        reserving.push(tokio::spawn(async move {
            let reserved =
                booked_ticketing::usecases::reserve_tickets(&context, user(number), event, one, None);
            (user(number), soon(reserved).await.unwrap().what.tickets[0])
        }));
    }
    for reserving in reserving {
        let (user, ticket) = reserving.await.unwrap();
        assert_eq!(world.seat(ticket).await, Seat::Held(user));
    }
    assert!(matches!(replicas[0].reserve(user(99), event, 1).await, Err(ReserveError::TooFew)));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_crowd_in_one_process_makes_the_inventory_of_a_new_event_but_once() {
    let (world, replica, event) = World::with_event().await;
    world.lose_all().await;
    let snapshot = replica.gates.stop_before(Step::Snapshot);
    let one = booked_ticketing::domain::count::SeatsWanted::new(1).unwrap();
    let crowd: Vec<_> = (0..u128::from(CAPACITY))
        .map(|number| {
            let context = replica.context.clone();
            tokio::spawn(async move {
                booked_ticketing::usecases::reserve_tickets(&context, user(number), event, one, None).await
            })
        })
        .collect();
    snapshot.reached().await.go_on();
    for reserving in crowd {
        soon(reserving).await.unwrap().unwrap();
    }
    let times = [Step::AcquireLoad, Step::Snapshot, Step::Publish].map(|step| replica.gates.times(step));
    assert_eq!(times, [1; 3]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_load_that_began_before_a_deletion_publishes_nothing() {
    for step in [Step::AcquireLoad, Step::Snapshot, Step::Publish] {
        let (world, _, event) = World::with_event().await;
        let (stopped, late) = loading_until(world.replica(), event, step).await;
        world.apply(state(event, 2, CAPACITY, true)).await;
        world.seats().drop_event(event).await.unwrap();
        stopped.go_on();
        let outcome = late.await.unwrap();
        assert!(
            matches!(outcome, Err(ReserveError::NoSuchEvent | ReserveError::Failed(Failure::NotDone(_)))),
            "before {step:?}: {outcome:?}"
        );
        assert_eq!(world.seats().sale_state(event).await.unwrap(), None, "before {step:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn seats_that_an_event_got_while_its_inventory_was_made_are_on_sale_at_once() {
    let (world, _, event) = World::with_event().await;
    let (publish, late) = loading_until(world.replica(), event, Step::Publish).await;
    world.apply(state(event, 2, CAPACITY + 3, false)).await;
    world.seats().follow(EventRecord::new(event, CAPACITY + 3)).await.unwrap();
    publish.go_on();
    late.await.unwrap().unwrap();
    assert_eq!(world.seats().sale_state(event).await.unwrap().unwrap().free_now, i64::from(CAPACITY) + 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_load_that_failed_leaves_nobody_waiting_for_the_end_of_its_lease() {
    // Leases last longer than any test here.
    let (world, replica, event) = World::with_event().await;
    replica.gates.fail(Step::Snapshot);
    let failed = replica.reserve(user(1), event, 1).await;
    assert!(matches!(failed, Err(ReserveError::Failed(Failure::NotDone(_)))), "{failed:?}");
    soon(replica.reserve(user(1), event, 1)).await.unwrap();
    world.assert_settled(event).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_load_that_reads_for_long_keeps_its_lease() {
    let (world, replica, event) = World::with_event().await;
    let (snapshot, slow) = loading_until(world.replica(), event, Step::Snapshot).await;

    let mut left_ms = world.lease_left_ms(event).await;
    until("the lease is prolonged", async || {
        let before_ms = std::mem::replace(&mut left_ms, world.lease_left_ms(event).await);
        left_ms > before_ms
    })
    .await;

    snapshot.go_on();
    until("the map is there", async || world.seats().sale_state(event).await.unwrap().is_some()).await;
    // Whoever asked first may have waited long enough.
    drop(slow.await.unwrap());
    replica.hold(user(1), event, 1).await;
    world.assert_settled(event).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_lease_is_prolonged_and_ended_by_its_own_load_alone() {
    let (world, _, event) = World::with_event().await;
    let (pool, other_pool) = (world.seats(), world.seats());
    let (own, others) = (LeaseNonce(Uuid::from_u128(1)), LeaseNonce(Uuid::from_u128(2)));
    assert!(pool.acquire_load(event, own).await.unwrap());
    other_pool.extend_load(event, others).await.unwrap();
    other_pool.end_load(event, others).await.unwrap();
    pool.extend_load(event, own).await.unwrap();
    assert!(!other_pool.acquire_load(event, others).await.unwrap());
    pool.end_load(event, own).await.unwrap();
    assert!(other_pool.acquire_load(event, others).await.unwrap());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_snapshot_of_many_pieces_is_of_one_moment() {
    const SOLD: u32 = 60_000;
    let (world, replica, _) = World::with_event().await;
    let event = EventId::new(1_900_000_000_000, [7; 16]);
    world.apply(state(event, 1, SOLD + 1, false)).await;
    world.database.execute(&format!(
        "INSERT INTO tickets SELECT overlay('{event}' PLACING lpad(to_hex(seat), 8, '0') FROM 29)::uuid, '{event}', \
         '{event}', '{event}', now() FROM generate_series(1, {SOLD}) AS seat"
    ));
    // The first and the last seat change places, so the number of sold seats stays the same.
    let database = world.postgres.clone();
    let moving = tokio::spawn(async move {
        for [from, to] in [[1, SOLD + 1], [SOLD + 1, 1]].into_iter().cycle() {
            let id = |seat: u32| event.ticket(SeatNumber::new(seat).unwrap());
            let change = format!("UPDATE tickets SET id = '{}' WHERE id = '{}'", id(to), id(from));
            let moved = database.transaction(async move |connection| {
                use diesel_async::RunQueryDsl as _;
                diesel::sql_query(change).execute(connection).await.map_err(Abort::<()>::Failed)
            });
            assert_eq!(moved.await.unwrap(), 1);
        }
    });
    for _ in 0..20 {
        let snapshot = replica.context.events.snapshot(event).await.unwrap().unwrap();
        assert_eq!(
            (snapshot.event.capacity, snapshot.sold.len()),
            (SOLD + 1, usize::try_from(SOLD).unwrap())
        );
    }
    assert!(!moving.is_finished(), "seats moved all the while");
    moving.abort();
}

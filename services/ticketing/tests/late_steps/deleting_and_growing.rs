//! Deleting and growing an event against bookings of it: both lock the event's row, so that one waits for the other.

use booked_contract::feed::EventState;
use booked_ids::SeatNumber;
use booked_postgres::Abort;
use booked_ticketing::{
    ports::{EventRecord, Inventory as _},
    usecases::{BookError, CancelError, ReserveError},
};
use diesel_async::{AsyncConnection as _, AsyncPgConnection, SimpleAsyncConnection as _};
use tokio::{sync::oneshot, task::JoinHandle};

use crate::world::{CAPACITY, Seat, World, apply, soon, state, until, user};

const WAITING: &str = "SELECT count(*) FROM pg_stat_activity
    WHERE datname = current_database() AND wait_event_type = 'Lock'";

/// A change of an event that is written and not committed.
struct Uncommitted {
    commits: oneshot::Sender<bool>,
    ended: JoinHandle<()>,
}

impl Uncommitted {
    async fn write(world: &World, state: EventState) -> Self {
        let (commits, is_committed) = oneshot::channel();
        let (written, is_written) = oneshot::channel();
        let database = world.postgres.clone();
        let ended = tokio::spawn(async move {
            let applied = database.transaction(async move |connection| {
                apply(connection, state).await.map_err(Abort::Failed)?;
                written.send(()).unwrap();
                if is_committed.await.unwrap() { Ok(()) } else { Err(Abort::Refuse(())) }
            });
            let _ = applied.await;
        });
        soon(is_written).await.unwrap();
        Self { commits, ended }
    }

    async fn commit(self) {
        self.commits.send(true).unwrap();
        soon(self.ended).await.unwrap();
    }

    async fn roll_back(self) {
        self.commits.send(false).unwrap();
        soon(self.ended).await.unwrap();
    }
}

/// Changes that are carried out one after the other, each as often as it does not get its turn.
fn changing(world: &World, states: Vec<EventState>) -> JoinHandle<()> {
    let database = world.postgres.clone();
    tokio::spawn(async move {
        for state in states {
            loop {
                let state = state.clone();
                let changed = database.transaction(async move |connection| {
                    apply(connection, state).await.map_err(Abort::<()>::Failed)
                });
                if changed.await.is_ok() {
                    break;
                }
            }
        }
    })
}

async fn until_somebody_waits(world: &World) {
    until("somebody waits", async || world.database.execute(WAITING).trim() == "1").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_booking_waits_for_a_deletion_and_is_refused_when_it_is_committed() {
    let (world, replica, event) = World::with_event().await;
    let tickets = replica.hold(user(1), event, 1).await;
    let deletion = Uncommitted::write(&world, state(event, 2, CAPACITY, true)).await;
    let booking = replica.book(user(1), &tickets);
    until_somebody_waits(&world).await;
    assert!(!booking.is_finished());
    deletion.commit().await;
    let outcome = booking.await.unwrap();
    assert!(matches!(outcome, Err(BookError::NotReserved)), "{outcome:?}");
    assert!(world.owners(event).await.is_empty(), "nothing is sold of what is gone");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_booking_waits_for_a_deletion_and_is_done_when_it_is_rolled_back() {
    let (world, replica, event) = World::with_event().await;
    let tickets = replica.hold(user(1), event, 1).await;
    let deletion = Uncommitted::write(&world, state(event, 2, CAPACITY, true)).await;
    let booking = replica.book(user(1), &tickets);
    until_somebody_waits(&world).await;
    deletion.roll_back().await;
    booking.await.unwrap().unwrap();
    world.assert_settled(event).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_cancel_waits_for_a_deletion_and_then_finds_nothing() {
    let (world, replica, event) = World::with_event().await;
    let tickets = replica.hold(user(1), event, 1).await;
    replica.buy(user(1), &tickets).await;
    let deletion = Uncommitted::write(&world, state(event, 2, CAPACITY, true)).await;
    let cancel = replica.cancel(user(1), event, 1);
    until_somebody_waits(&world).await;
    deletion.commit().await;
    let outcome = cancel.await.unwrap();
    assert!(matches!(outcome, Err(CancelError::NoTicket)), "{outcome:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_deletion_waits_for_a_booking_that_is_under_way() {
    let (world, replica, event) = World::with_event().await;
    let tickets = replica.hold(user(1), event, 1).await;
    // A void of another attempt keeps nobody waiting; a ticket that is just being written does.
    let mut other = AsyncPgConnection::establish(&world.database.url()).await.unwrap();
    let id = tickets[0].as_uuid();
    let insert = format!("BEGIN; INSERT INTO tickets VALUES ('{id}', '{event}', '{id}', '{id}', now())");
    other.batch_execute(&insert).await.unwrap();
    let booking = replica.book(user(1), &tickets);
    until_somebody_waits(&world).await;

    let deletion = changing(&world, vec![state(event, 2, CAPACITY, true)]);
    until("both wait", async || world.database.execute(WAITING).trim() == "2").await;
    other.batch_execute("ROLLBACK").await.unwrap();
    booking.await.unwrap().unwrap();
    soon(deletion).await.unwrap();
    assert_eq!(world.owners(event).await.len(), 1, "it was sold before the event was deleted");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_booking_of_a_new_seat_waits_for_the_growth_that_makes_it() {
    for is_committed in [true, false] {
        let (world, replica, event) = World::with_event().await;
        replica.hold(user(2), event, CAPACITY.into()).await;
        // Valkey is told after the commit; here it knows too early, as if another replica had been told already.
        world.seats().follow(EventRecord::new(event, CAPACITY + 1)).await.unwrap();
        let tickets = replica.hold(user(1), event, 1).await;
        assert_eq!(tickets[0].seat(), SeatNumber::new(CAPACITY + 1).unwrap());
        let growth = Uncommitted::write(&world, state(event, 2, CAPACITY + 1, false)).await;
        let booking = replica.book(user(1), &tickets);
        until_somebody_waits(&world).await;
        if is_committed {
            growth.commit().await;
            booking.await.unwrap().unwrap();
            assert_eq!(world.owners(event).await.len(), 1);
        } else {
            growth.roll_back().await;
            let outcome = booking.await.unwrap();
            assert!(matches!(outcome, Err(BookError::NotReserved)), "{outcome:?}");
            assert_eq!(world.seat(tickets[0]).await, Seat::Held(user(1)), "a refusal leaves good holds");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn bookings_of_several_events_and_changes_of_them_lock_in_one_order() {
    let (world, replica, event) = World::with_event().await;
    let other = world.event(2).await;
    let mut tickets = replica.hold(user(1), other, 1).await;
    tickets.extend(replica.hold(user(1), event, 1).await);
    // The change has the second event and comes to the first one never; the booking has the first and waits.
    let growth = Uncommitted::write(&world, state(other, 2, CAPACITY + 1, false)).await;
    let booking = replica.book(user(1), &tickets);
    until_somebody_waits(&world).await;
    let states = vec![state(event, 3, CAPACITY + 2, false), state(other, 3, CAPACITY + 2, false)];
    let both = changing(&world, states);
    until("both wait", async || world.database.execute(WAITING).trim() == "2").await;
    growth.commit().await;
    booking.await.unwrap().unwrap();
    soon(both).await.unwrap();
    world.assert_settled(event).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn holds_of_a_deleted_event_are_gone_and_cannot_be_booked() {
    let (world, replica, event) = World::with_event().await;
    let tickets = replica.hold(user(1), event, 1).await;
    world.apply(state(event, 2, CAPACITY, true)).await;
    world.seats().drop_event(event).await.unwrap();
    assert_eq!(world.seat(tickets[0]).await, Seat::NotLoaded);
    assert!(matches!(replica.book(user(1), &tickets).await.unwrap(), Err(BookError::NotReserved)));
    assert!(matches!(replica.reserve(user(1), event, 1).await, Err(ReserveError::NoSuchEvent)));
    assert_eq!(world.seat(tickets[0]).await, Seat::NotLoaded);
}

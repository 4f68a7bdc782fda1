//! A COMMIT that was sent and not answered: only what Postgres says settles it, at once where it can be asked, else when
//! the janitor comes.

use booked_failure::Failure;
use booked_ticketing::usecases::BookError;
use diesel_async::{AsyncConnection as _, AsyncPgConnection, SimpleAsyncConnection as _};

use crate::{
    gates::Step,
    proxy::{Cut, Proxy},
    world::{Seat, World, until, user},
};

#[tokio::test(flavor = "multi_thread")]
async fn a_commit_whose_answer_is_lost_on_the_way_is_told_as_done() {
    let (world, _, event) = World::with_event().await;
    let proxy = Proxy::to(&world.database.url()).await;
    let replica = world.replica_through(proxy.url(), 10_000);
    let tickets = replica.hold(user(1), event, 2).await;
    proxy.cut_next(Cut::AfterIt);
    replica.buy(user(1), &tickets).await;
    assert_eq!(world.owners(event).await.len(), 2);
    assert_eq!(world.seat(tickets[0]).await, Seat::Sold);
    world.assert_settled(event).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_commit_that_is_lost_on_the_way_is_told_as_not_done() {
    let (world, _, event) = World::with_event().await;
    let proxy = Proxy::to(&world.database.url()).await;
    let replica = world.replica_through(proxy.url(), 10_000);
    let tickets = replica.hold(user(1), event, 2).await;
    proxy.cut_next(Cut::BeforeIt);
    let outcome = replica.book(user(1), &tickets).await.unwrap();
    assert!(matches!(outcome, Err(BookError::Failed(Failure::NotDone(_)))), "{outcome:?}");
    assert!(world.owners(event).await.is_empty());
    assert_eq!(world.seat(tickets[0]).await, Seat::Held(user(1)));
    replica.buy(user(1), &tickets).await;
    world.assert_settled(event).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn where_nobody_can_be_asked_the_answer_is_unknown_and_the_janitor_settles() {
    for cut in [Cut::AfterIt, Cut::BeforeIt] {
        let (world, _, event) = World::with_event().await;
        let proxy = Proxy::to(&world.database.url()).await;
        let replica = world.replica_through(proxy.url(), 10_000);
        let tickets = replica.hold(user(1), event, 1).await;
        proxy.cut_next_and_close(cut);
        let outcome = replica.book(user(1), &tickets).await.unwrap();
        assert!(matches!(outcome, Err(BookError::Failed(Failure::Unknown(_)))), "{outcome:?}");
        assert!(matches!(world.seat(tickets[0]).await, Seat::Settling(_)), "only what is sure gives back");

        proxy.open();
        replica.janitor(event).await;
        let expected = if cut == Cut::AfterIt { Seat::Sold } else { Seat::Held(user(1)) };
        assert_eq!(world.seat(tickets[0]).await, expected, "{cut:?}");
        replica.buy(user(1), &tickets).await;
        assert_eq!(world.owners(event).await.get(&tickets[0]), Some(&user(1)));
        world.assert_settled(event).await;
    }
}

/// COMMITs of bookings wait for the holder of this advisory lock, however long it takes the server to notice that nobody waits for them.
const WAIT_IN_COMMIT: &str = "
    CREATE FUNCTION wait_in_commit() RETURNS trigger LANGUAGE plpgsql AS
        $$ BEGIN
            PERFORM set_config('client_connection_check_interval', '0', true);
            PERFORM pg_advisory_xact_lock_shared(7);
            RETURN NULL;
        END $$;
    CREATE CONSTRAINT TRIGGER wait_in_commit AFTER INSERT ON bookings DEFERRABLE INITIALLY DEFERRED
        FOR EACH ROW WHEN (NEW.booked) EXECUTE FUNCTION wait_in_commit();";
const COMMITS_THAT_WAIT: &str = "SELECT count(*) FROM pg_stat_activity
    WHERE datname = current_database() AND query = 'COMMIT' AND wait_event_type = 'Lock'";
const VOIDS_THAT_WAIT: &str = "SELECT count(*) FROM pg_stat_activity
    WHERE datname = current_database() AND query LIKE 'INSERT INTO bookings%' AND wait_event_type = 'Lock'";

/// A world whose COMMITs wait until the connection is dropped.
async fn with_slow_commits(world: &World) -> AsyncPgConnection {
    world.database.execute(WAIT_IN_COMMIT);
    let mut holder = AsyncPgConnection::establish(&world.database.url()).await.unwrap();
    holder.batch_execute("BEGIN; SELECT pg_advisory_xact_lock(7)").await.unwrap();
    holder
}

#[tokio::test(flavor = "multi_thread")]
async fn the_void_waits_for_a_commit_that_is_under_way_still() {
    let (world, _, event) = World::with_event().await;
    let proxy = Proxy::to(&world.database.url()).await;
    let replica = world.replica_through(proxy.url(), 10_000);
    let tickets = replica.hold(user(1), event, 1).await;
    let mut holder = with_slow_commits(&world).await;
    proxy.cut_next(Cut::AfterIt);
    let booking = replica.book(user(1), &tickets);
    until("the void waits", async || world.database.execute(VOIDS_THAT_WAIT).trim() == "1").await;
    assert!(!booking.is_finished());
    assert_eq!(world.database.execute(COMMITS_THAT_WAIT).trim(), "1");
    holder.batch_execute("COMMIT").await.unwrap();

    booking.await.unwrap().unwrap();
    assert_eq!(world.owners(event).await.get(&tickets[0]), Some(&user(1)));
    assert_eq!(world.seat(tickets[0]).await, Seat::Sold);
    world.assert_settled(event).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_commit_that_nobody_waits_for_any_more_may_still_come() {
    let (world, _, event) = World::with_event().await;
    let replica = world.replica_through(world.database.url(), 300);
    let tickets = replica.hold(user(1), event, 1).await;
    let mut holder = with_slow_commits(&world).await;
    // The server, too, ends a statement that takes too long, but a test's way to it may be slower than that.
    let booking = replica.book(user(1), &tickets);
    let outcome = booking.await.unwrap();
    assert!(
        matches!(
            outcome,
            Err(BookError::Failed(Failure::Unknown(_)) | BookError::Failed(Failure::NotDone(_)))
        ),
        "nobody may say that it is done: {outcome:?}"
    );
    holder.batch_execute("COMMIT").await.unwrap();
    drop(holder);

    world.replica().janitor(event).await;
    let is_sold = !world.owners(event).await.is_empty();
    let expected = if is_sold { Seat::Sold } else { Seat::Held(user(1)) };
    assert_eq!(world.seat(tickets[0]).await, expected);
    if matches!(outcome, Err(BookError::Failed(Failure::NotDone(_)))) {
        assert!(!is_sold, "what was told as not done never comes");
    }
    world.assert_settled(event).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_backend_that_dies_in_the_commit_has_not_booked() {
    let (world, replica, event) = World::with_event().await;
    let tickets = replica.hold(user(1), event, 1).await;
    let mut holder = with_slow_commits(&world).await;
    let booking = replica.book(user(1), &tickets);
    until("the commit waits", async || world.database.execute(COMMITS_THAT_WAIT).trim() == "1").await;
    world.database.execute(&COMMITS_THAT_WAIT.replace("count(*)", "pg_terminate_backend(pid)"));
    let outcome = booking.await.unwrap();
    assert!(matches!(outcome, Err(BookError::Failed(Failure::NotDone(_)))), "{outcome:?}");
    holder.batch_execute("COMMIT").await.unwrap();
    assert!(world.owners(event).await.is_empty());
    assert_eq!(world.seat(tickets[0]).await, Seat::Held(user(1)));
    // A connection that is just being closed may be refused once more.
    until("it can be booked", async || replica.book(user(1), &tickets).await.unwrap().is_ok()).await;
    world.assert_settled(event).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_loose_commit_that_comes_after_the_void_is_refused() {
    let (world, replica, event) = World::with_event().await;
    let tickets = replica.hold(user(1), event, 1).await;
    let commit = replica.gates.let_loose(Step::Book);
    let outcome = replica.book(user(1), &tickets).await.unwrap();
    assert!(matches!(outcome, Err(BookError::Failed(Failure::NotDone(_)))), "it was voided: {outcome:?}");
    assert_eq!(world.seat(tickets[0]).await, Seat::Held(user(1)));

    // The hold is as good as before, for this user and, once it has run out, for any other.
    world.run_out_and_take_back(tickets[0]).await;
    assert_eq!(replica.hold(user(2), event, 1).await, tickets);
    assert_eq!(commit.come().await, "Ok(Void)");
    replica.buy(user(2), &tickets).await;
    assert_eq!(world.owners(event).await.get(&tickets[0]), Some(&user(2)));
    world.assert_settled(event).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_loose_commit_and_the_janitor_settle_it_between_them() {
    for is_commit_first in [true, false] {
        let (world, replica, event) = World::with_event().await;
        let tickets = replica.hold(user(1), event, 1).await;
        let commit = replica.gates.let_loose(Step::Book);
        replica.gates.fail(Step::Void);
        let outcome = replica.book(user(1), &tickets).await.unwrap();
        assert!(matches!(outcome, Err(BookError::Failed(Failure::Unknown(_)))), "{outcome:?}");
        assert!(matches!(world.seat(tickets[0]).await, Seat::Settling(_)));

        if is_commit_first {
            assert_eq!(commit.come().await, "Ok(Done)");
            replica.janitor(event).await;
            assert_eq!(world.seat(tickets[0]).await, Seat::Sold);
        } else {
            replica.janitor(event).await;
            assert_eq!(world.seat(tickets[0]).await, Seat::Held(user(1)));
            assert_eq!(commit.come().await, "Ok(Void)");
        }
        // Sent again by the client, it succeeds either way.
        replica.buy(user(1), &tickets).await;
        assert_eq!(world.owners(event).await.get(&tickets[0]), Some(&user(1)));
        world.assert_settled(event).await;
    }
}

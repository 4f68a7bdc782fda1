//! What surely did not happen is reported as such: unavailable, refused, or rolled back because the work decided so.

use std::{convert::Infallible, net::TcpListener, time::Instant};

use booked_failure::{During, Failure};
use booked_postgres::{Abort, Database, TransactionError};
use booked_sandbox::test_postgres;
use diesel_async::AsyncConnection as _;
use tokio::runtime::Handle;

use crate::support::{PATIENCE, connect, eventually, run, seats, settings, soon};

const SHORT: [(&str, &str); 2] = [("--database-acquire-timeout-ms", "200"), ("--database-timeout-ms", "200")];

async fn read(database: &Database, sql: &'static str) -> Result<usize, Failure> {
    soon(database.read(async move |connection| run(connection, sql).await)).await
}

async fn write(database: &Database, sql: &'static str) -> Result<(), TransactionError<Infallible>> {
    let work = database.transaction(async move |connection| {
        run(connection, sql).await?;
        Ok(())
    });
    soon(work).await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_database_that_is_away_is_unavailable() {
    let database = connect("postgres://booked@127.0.0.1:1/seats", &[]);

    let failure = read(&database, "SELECT 1").await.unwrap_err();

    assert!(matches!(failure, Failure::NotDone(_)) && failure.to_string().contains("refused"), "{failure}");
    let failure = write(&database, "SELECT 1").await;
    assert!(matches!(failure, Err(TransactionError::Failed(Failure::NotDone(_)))), "{failure:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_database_that_never_answers_is_unavailable_once_the_wait_is_over() {
    let silent = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("postgres://booked@{}/seats", silent.local_addr().unwrap());
    let database = connect(&url, &SHORT);
    let began = Instant::now();

    let failure = read(&database, "SELECT 1").await;

    assert!(matches!(failure, Err(Failure::NotDone(_))), "{failure:?}");
    assert!(began.elapsed() < PATIENCE / 10, "it took {:?}", began.elapsed());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_pool_with_no_connection_to_give_is_unavailable_once_the_wait_is_over() {
    let seats = seats();
    let database = connect(
        &seats.url(),
        &[("--database-connections-max", "2"), ("--database-acquire-timeout-ms", "2000")],
    );
    let busy = || {
        tokio::spawn({
            let database = database.clone();
            async move { database.read(async |connection| run(connection, "SELECT pg_sleep(60)").await).await }
        })
    };
    let sleepers = [busy(), busy()];
    let sleeping = "SELECT count(*) FROM pg_stat_activity WHERE query = 'SELECT pg_sleep(60)'";
    eventually("both connections are busy", || seats.execute(sleeping) == "2").await;

    let failure = read(&database, "SELECT 1").await;

    assert!(matches!(failure, Err(Failure::NotDone(_))), "{failure:?}");
    sleepers.iter().for_each(tokio::task::JoinHandle::abort);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_statement_that_hangs_is_given_up_and_ended_and_nobody_gets_its_connection() {
    let seats = seats();
    let database = connect(&seats.url(), &[("--database-connections-max", "2"), SHORT[1]]);

    for _ in 0..3 {
        let failure = read(&database, "SELECT pg_sleep(61)").await;
        assert!(matches!(failure, Err(Failure::NotDone(_))), "{failure:?}");
        let failure = write(&database, "INSERT INTO seats SELECT 1 FROM pg_sleep(61)").await;
        assert!(matches!(failure, Err(TransactionError::Failed(Failure::NotDone(_)))), "{failure:?}");
    }

    assert_eq!(read(&database, "SELECT 1").await.unwrap(), 1);
    let abandoned = "SELECT count(*) FROM pg_stat_activity WHERE query LIKE '%pg_sleep(61)%' \
                     AND state <> 'idle' AND pid <> pg_backend_pid()";
    eventually("the server ended what was given up", || seats.execute(abandoned) == "0").await;
    assert_eq!(seats.execute("SELECT count(*) FROM seats"), "0");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_connection_that_dies_before_the_commit_has_written_nothing() {
    let seats = seats();
    let database = connect(&seats.url(), &[]);

    let failure = soon(database.transaction::<_, Infallible, _>(async |connection| {
        run(connection, "INSERT INTO seats VALUES (1)").await?;
        run(connection, "SELECT pg_terminate_backend(pg_backend_pid())").await?;
        Ok(())
    }))
    .await;

    assert!(matches!(failure, Err(TransactionError::Failed(Failure::NotDone(_)))), "{failure:?}");
    assert_eq!(seats.execute("SELECT count(*) FROM seats"), "0");
    write(&database, "INSERT INTO seats VALUES (1)").await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn what_the_database_refuses_is_refused_and_rolled_back() {
    let seats = seats();
    let database = connect(&seats.url(), &[]);
    write(&database, "INSERT INTO seats VALUES (1)").await.unwrap();

    let twice = soon(database.transaction::<_, Infallible, _>(async |connection| {
        run(connection, "INSERT INTO seats VALUES (2)").await?;
        run(connection, "INSERT INTO seats VALUES (1)").await?;
        Ok(())
    }))
    .await;

    let refused = |during, outcome: &Result<(), TransactionError<Infallible>>| match outcome {
        Err(TransactionError::Failed(failure @ Failure::Refused(of, _))) => {
            *of == during && failure.to_string().contains("unique constraint")
        }
        _ => false,
    };
    assert!(refused(During::Transaction, &twice), "{twice:?}");
    let again = soon(database.write::<_, Infallible, _>(async |connection| {
        run(connection, "INSERT INTO seats VALUES (1)").await.map(drop).map_err(Abort::from)
    }));
    let again = again.await;
    assert!(refused(During::Write, &again), "{again:?}");
    let nonsense = read(&database, "SELECT nonsense").await;
    assert!(matches!(nonsense, Err(Failure::Refused(..))), "{nonsense:?}");
    assert_eq!(seats.execute("SELECT seat FROM seats"), "1");
}

#[tokio::test(flavor = "multi_thread")]
async fn work_that_refuses_is_rolled_back_and_its_reason_handed_on() {
    let seats = seats();
    let database = connect(&seats.url(), &[]);

    let refused = soon(database.transaction::<(), _, _>(async |connection| {
        run(connection, "INSERT INTO seats VALUES (1)").await?;
        Err(Abort::Refuse("sold out"))
    }))
    .await;

    assert!(matches!(refused, Err(TransactionError::Aborted("sold out"))), "{refused:?}");
    assert_eq!(seats.execute("SELECT count(*) FROM seats"), "0");
}

#[tokio::test(flavor = "multi_thread")]
async fn work_that_passes_over_a_failed_statement_does_not_count_as_done() {
    let seats = seats();
    let database = connect(&seats.url(), &[]);
    write(&database, "INSERT INTO seats VALUES (1)").await.unwrap();

    let done = soon(database.transaction::<_, Infallible, _>(async |connection| {
        run(connection, "INSERT INTO seats VALUES (2)").await?;
        let _ = run(connection, "INSERT INTO seats VALUES (1)").await;
        Ok(())
    }))
    .await;

    assert_eq!(seats.execute("SELECT seat FROM seats"), "1");
    assert!(matches!(done, Err(TransactionError::Failed(Failure::Refused(..)))), "{done:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_failed_statement_that_a_savepoint_took_back_does_not_spoil_the_rest() {
    let seats = seats();
    let database = connect(&seats.url(), &[]);
    write(&database, "INSERT INTO seats VALUES (1)").await.unwrap();

    let done = soon(database.transaction::<_, Infallible, _>(async |connection| {
        run(connection, "INSERT INTO seats VALUES (2)").await?;
        let twice = connection
            .transaction(async |connection| run(connection, "INSERT INTO seats VALUES (1)").await)
            .await;
        assert!(twice.is_err());
        Ok(())
    }))
    .await;

    assert!(done.is_ok(), "{done:?}");
    assert_eq!(seats.execute("SELECT seat FROM seats ORDER BY seat"), "1\n2");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_transaction_whose_caller_goes_away_leaves_nothing_behind() {
    let seats = seats();
    let database = connect(&seats.url(), &[("--database-connections-max", "2")]);
    let caller = tokio::spawn({
        let database = database.clone();
        async move { write(&database, "INSERT INTO seats SELECT 1 FROM pg_sleep(62)").await }
    });
    let running = "SELECT count(*) FROM pg_stat_activity WHERE query LIKE 'INSERT%pg_sleep(62)'";
    eventually("it is under way", || seats.execute(running) == "1").await;

    caller.abort();

    for _ in 0..3 {
        assert_eq!(read(&database, "SELECT 1").await.unwrap(), 1);
        assert_eq!(seats.execute("SELECT count(*) FROM seats"), "0");
    }
}

/// With a single connection, the next caller would get the connection of the caller that went away, unless it was
/// closed together with its statement.
#[tokio::test(flavor = "multi_thread")]
async fn nobody_waits_behind_the_statement_of_a_caller_who_went_away() {
    let seats = seats();
    let mut settings = settings(&seats.url(), &[]).unwrap();
    settings.connections = 1;
    let database = Database::new(&settings, &Handle::current()).unwrap();
    let read = tokio::spawn({
        let database = database.clone();
        async move { read(&database, "SELECT pg_sleep(63)").await.map(drop) }
    });
    let running =
        "SELECT count(*) FROM pg_stat_activity WHERE query LIKE '%pg_sleep(63)' AND state = 'active'";
    eventually("it is under way", || seats.execute(running) == "1").await;
    read.abort();
    assert!(read.await.unwrap_err().is_cancelled());

    assert_eq!(self::read(&database, "SELECT 1").await.unwrap(), 1);
    eventually("the server ended what nobody waits for", || seats.execute(running) == "0").await;

    let write = tokio::spawn({
        let database = database.clone();
        async move { write(&database, "INSERT INTO seats SELECT 1 FROM pg_sleep(64)").await }
    });
    let running =
        "SELECT count(*) FROM pg_stat_activity WHERE query LIKE 'INSERT%pg_sleep(64)' AND state = 'active'";
    eventually("it is under way", || seats.execute(running) == "1").await;
    write.abort();
    assert!(write.await.unwrap_err().is_cancelled());

    self::write(&database, "INSERT INTO seats VALUES (2)").await.unwrap();
    eventually("the server ended what nobody waits for", || seats.execute(running) == "0").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn after_a_crash_of_the_database_the_pool_makes_new_connections() {
    let mut server = test_postgres();
    let database = connect(&server.url("postgres"), &[]);
    assert_eq!(read(&database, "SELECT 1").await.unwrap(), 1);

    server.kill();
    let away = read(&database, "SELECT 1").await;
    server.restart().unwrap();

    assert!(matches!(away, Err(Failure::NotDone(_))), "{away:?}");
    assert_eq!(read(&database, "SELECT 1").await.unwrap(), 1);
}

//! A commit that was sent and not answered may have happened: it is unknown, and never reported as refused.

use std::convert::Infallible;

use booked_failure::Failure;
use booked_postgres::{Database, TransactionError};
use booked_sandbox::TestDatabase;
use tokio::task::JoinHandle;

use crate::support::{connect, eventually, run, seats, soon};

/// Seats whose insertion runs this at commit.
fn seats_that_commit(body: &str) -> TestDatabase {
    let seats = seats();
    seats.execute(&format!(
        "CREATE FUNCTION at_commit() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN {body}; RETURN NULL; END $$;
         CREATE CONSTRAINT TRIGGER at_commit AFTER INSERT ON seats
             DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION at_commit();"
    ));
    seats
}

fn insert(database: &Database) -> JoinHandle<Result<(), TransactionError<Infallible>>> {
    let database = database.clone();
    tokio::spawn(async move {
        let work = database.transaction(async |connection| {
            run(connection, "INSERT INTO seats VALUES (1)").await?;
            Ok(())
        });
        soon(work).await
    })
}

#[tokio::test(flavor = "multi_thread")]
async fn a_connection_that_dies_in_the_commit_leaves_the_outcome_unknown() {
    let seats = seats_that_commit("PERFORM pg_sleep(60)");
    let database = connect(&seats.url(), &[]);
    let inserted = insert(&database);
    let in_commit = "SELECT count(*) FROM pg_stat_activity \
                     WHERE query = 'COMMIT' AND state = 'active' AND datname = current_database()";
    eventually("it commits", || seats.execute(in_commit) == "1").await;

    // Only this test's connection: other tests commit on the same server.
    seats.execute(
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity \
         WHERE query = 'COMMIT' AND datname = current_database()",
    );

    let outcome = inserted.await.unwrap();
    assert!(matches!(outcome, Err(TransactionError::Failed(Failure::Unknown(_)))), "{outcome:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_commit_that_is_not_answered_in_time_leaves_the_outcome_unknown() {
    // The server gives up after twice the time that the client waits. The commit happens between the two: the client
    // has given up by then, and the server has not noticed that the client is gone.
    let seats = seats_that_commit(
        "PERFORM set_config('client_connection_check_interval', '0', false); \
         WHILE NOT EXISTS (SELECT FROM goes_on) LOOP PERFORM pg_sleep(0.01); END LOOP",
    );
    seats.execute("CREATE TABLE goes_on ()");
    let database = connect(&seats.url(), &[("--database-timeout-ms", "3000")]);

    let outcome = insert(&database).await.unwrap();

    assert!(matches!(outcome, Err(TransactionError::Failed(Failure::Unknown(_)))), "{outcome:?}");
    seats.execute("INSERT INTO goes_on DEFAULT VALUES");
    eventually("it was committed after all", || seats.execute("SELECT count(*) FROM seats") == "1").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_commit_that_a_constraint_refuses_is_known_to_be_rolled_back() {
    let seats = seats_that_commit("RAISE unique_violation");
    let database = connect(&seats.url(), &[]);

    let outcome = insert(&database).await.unwrap();

    assert!(matches!(outcome, Err(TransactionError::Failed(Failure::Refused(..)))), "{outcome:?}");
    assert_eq!(seats.execute("SELECT count(*) FROM seats"), "0");
}

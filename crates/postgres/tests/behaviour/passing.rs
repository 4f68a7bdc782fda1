//! The server lacks something for a while: nothing was done, and the call may be retried.

use std::convert::Infallible;

use booked_failure::Failure;
use booked_postgres::{Database, TransactionError};
use booked_sandbox::TestDatabase;
use diesel::{QueryableByName, sql_query, sql_types::Text};

use crate::support::{connect, run, seats, soon};

/// What the server says, word for word, if it has no space, no memory or no lock, or is told to stop; by SQLSTATE.
const SAID: [(&str, &str); 12] = [
    ("53100", "could not extend file \"base/5/16384\": No space left on device"),
    ("53100", "could not extend file \"base/5/16384\": wrote only 4096 of 8192 bytes at block 12"),
    ("53100", "could not write to file \"base/pgsql_tmp/pgsql_tmp81.0\": No space left on device"),
    ("53200", "out of memory"),
    ("53200", "out of shared memory"),
    ("53300", "too many connections for role \"ticketing\""),
    ("53400", "temporary file size exceeds temp_file_limit (64kB)"),
    ("40P01", "deadlock detected"),
    ("55P03", "could not obtain lock on row in relation \"seats\""),
    ("55P03", "canceling statement due to lock timeout"),
    ("57014", "canceling statement due to user request"),
    ("57P03", "the database system is shutting down"),
];

/// A database in which each new connection has this setting.
fn seats_with(setting: &str) -> TestDatabase {
    let seats = seats();
    set(&seats, setting);
    seats
}

fn set(seats: &TestDatabase, setting: &str) {
    seats.execute(&format!(
        "DO $$ BEGIN EXECUTE format('ALTER DATABASE %I SET {setting}', current_database()); END $$"
    ));
}

async fn read(database: &Database, sql: &str) -> Result<usize, Failure> {
    let sql = sql.to_owned();
    soon(database.read(async move |connection| run(connection, &sql).await)).await
}

async fn write(database: &Database, sql: &str) -> Result<(), TransactionError<Infallible>> {
    let sql = sql.to_owned();
    let work = database.transaction(async move |connection| {
        run(connection, &sql).await?;
        Ok(())
    });
    soon(work).await
}

async fn shown(database: &Database, setting: &'static str) -> String {
    use diesel_async::RunQueryDsl as _;

    #[derive(QueryableByName)]
    struct Shown {
        #[diesel(sql_type = Text)]
        value: String,
    }
    let query = format!("SELECT current_setting('{setting}') AS value");
    let read = database.read(async move |connection| sql_query(query).get_result::<Shown>(connection).await);
    soon(read).await.unwrap().value
}

#[tokio::test(flavor = "multi_thread")]
async fn what_the_server_lacks_makes_it_unavailable_and_nothing_is_written() {
    let seats = seats();
    let database = connect(&seats.url(), &[]);
    for (state, message) in SAID {
        let raise = format!("DO $do$ BEGIN RAISE '%', $${message}$$ USING ERRCODE = '{state}'; END $do$");
        let failure = read(&database, &raise).await;
        assert!(matches!(failure, Err(Failure::NotDone(_))), "{message}: {failure:?}");
        let failure = write(&database, &raise.replace("RAISE", "INSERT INTO seats VALUES (1); RAISE")).await;
        assert!(
            matches!(failure, Err(TransactionError::Failed(Failure::NotDone(_)))),
            "{message}: {failure:?}"
        );
    }
    assert_eq!(seats.execute("SELECT count(*) FROM seats"), "0");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_database_that_may_only_be_read_is_unavailable_to_writers_until_it_may_be_written() {
    let seats = seats_with("default_transaction_read_only = on");
    let database = connect(&seats.url(), &[]);

    let failure = write(&database, "INSERT INTO seats VALUES (1)").await;

    assert!(matches!(failure, Err(TransactionError::Failed(Failure::NotDone(_)))), "{failure:?}");
    assert_eq!(read(&database, "SELECT 1").await.unwrap(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_query_without_space_for_its_temporary_files_is_unavailable() {
    let seats = seats_with("temp_file_limit = ''64kB''");
    let database = connect(&seats.url(), &[]);

    let failure = read(&database, "SELECT n FROM generate_series(1, 3000000) AS n ORDER BY n DESC").await;

    assert!(matches!(failure, Err(Failure::NotDone(_))), "{failure:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn of_two_that_wait_for_each_other_one_is_unavailable() {
    let seats = seats();
    seats.execute("INSERT INTO seats VALUES (1), (2)");
    let database = connect(&seats.url(), &[]);
    let both = |first: u8, second: u8| {
        let database = database.clone();
        async move {
            let work = database.transaction::<_, Infallible, _>(async move |connection| {
                run(connection, &format!("UPDATE seats SET seat = seat WHERE seat = {first}")).await?;
                run(connection, "SELECT pg_sleep(0.5)").await?;
                run(connection, &format!("UPDATE seats SET seat = seat WHERE seat = {second}")).await?;
                Ok(())
            });
            soon(work).await
        }
    };
    // The one that comes so late that it finds the other already gone is tried again.
    for _ in 0..20 {
        let failed = match tokio::join!(both(1, 2), both(2, 1)) {
            (Ok(()), Ok(())) => continue,
            (Err(failure), Ok(())) | (Ok(()), Err(failure)) => failure,
            both => panic!("both failed: {both:?}"),
        };
        assert!(matches!(failed, TransactionError::Failed(Failure::NotDone(_))), "{failed:?}");
        return;
    }
    panic!("they never met");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_commit_that_cannot_be_serialized_has_done_nothing_and_may_be_tried_again() {
    let seats = seats();
    seats.execute(
        "CREATE FUNCTION at_commit() RETURNS trigger LANGUAGE plpgsql AS \
             $$ BEGIN RAISE 'could not serialize access' USING ERRCODE = '40001'; END $$;
         CREATE CONSTRAINT TRIGGER at_commit AFTER INSERT ON seats
             DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION at_commit();",
    );
    let database = connect(&seats.url(), &[]);

    let failure = write(&database, "INSERT INTO seats VALUES (1)").await;

    assert!(matches!(failure, Err(TransactionError::Failed(Failure::NotDone(_)))), "{failure:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn transactions_see_what_was_committed_before_each_statement_whatever_the_server_has_as_default() {
    let seats = seats_with("default_transaction_isolation = serializable");
    let database = connect(&seats.url(), &[]);
    assert_eq!(shown(&database, "transaction_isolation").await, "read committed");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_server_is_asked_to_speak_english_and_who_may_not_ask_is_served_all_the_same() {
    // As good as another language for this test, and available everywhere.
    let seats = seats_with("lc_messages = ''C.UTF-8''");
    let database = connect(&seats.url(), &[]);
    assert_eq!(shown(&database, "lc_messages").await, "C");

    seats.execute(
        "DO $$ BEGIN CREATE ROLE who_may_set_nothing; EXCEPTION WHEN duplicate_object THEN NULL; END $$",
    );
    set(&seats, "role = who_may_set_nothing");
    let plain = connect(&seats.url(), &[]);
    assert_eq!(shown(&plain, "lc_messages").await, "C.UTF-8");
}

//! A database for a test, with the limits that the test needs.

use std::{
    future::Future,
    time::{Duration, Instant},
};

use booked_postgres::{Database, DatabaseArgs, DatabaseSettings};
use booked_sandbox::{TestDatabase, test_database};
use booked_server::config::ConfigErrors;
use clap::Parser;
use diesel::{QueryResult, sql_query};
use diesel_async::{AsyncPgConnection, RunQueryDsl as _};
use tokio::runtime::Handle;

pub(crate) const PATIENCE: Duration = Duration::from_secs(30);
/// Limits so long that no test reaches them unless it sets shorter ones.
const LONG: [(&str, &str); 2] =
    [("--database-acquire-timeout-ms", "30000"), ("--database-timeout-ms", "30000")];

#[derive(Parser)]
struct CommandLine {
    #[command(flatten)]
    database: DatabaseArgs,
}

/// Settings as a command line gives them.
pub(crate) fn settings(url: &str, flags: &[(&str, &str)]) -> Result<DatabaseSettings, ConfigErrors> {
    let long = LONG.iter().filter(|(flag, _)| flags.iter().all(|(given, _)| given != flag));
    let words = long.chain(flags).flat_map(|(flag, value)| [*flag, *value]);
    let words = ["test", "--database-url", url].into_iter().chain(words);
    CommandLine::try_parse_from(words).unwrap().database.check()
}

pub(crate) fn connect(url: &str, flags: &[(&str, &str)]) -> Database {
    Database::new(&settings(url, flags).unwrap(), &Handle::current()).unwrap()
}

/// An empty database with the table `seats (seat int PRIMARY KEY)`.
pub(crate) fn seats() -> TestDatabase {
    let database = test_database("seats", |_| {});
    TestDatabase::execute(&database, "CREATE TABLE seats (seat int PRIMARY KEY)");
    database
}

pub(crate) async fn run(connection: &mut AsyncPgConnection, sql: &str) -> QueryResult<usize> {
    sql_query(sql).execute(connection).await
}

/// Waits for a condition, and fails if it does not become true.
pub(crate) async fn eventually(what: &str, condition: impl Fn() -> bool) {
    let deadline = Instant::now() + PATIENCE;
    while !tokio::task::block_in_place(&condition) {
        assert!(Instant::now() < deadline, "it never came true that {what}");
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
}

/// The result of something that must not take long.
pub(crate) async fn soon<T>(what: impl Future<Output = T>) -> T {
    tokio::time::timeout(PATIENCE, what).await.expect("it took too long")
}

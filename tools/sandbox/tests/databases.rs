//! A database for each test, from a template that is migrated once.

#![expect(clippy::unwrap_used, reason = "the helpers of tests fail as tests do")]

use std::{
    sync::atomic::{AtomicU32, Ordering},
    time::{Duration, Instant},
};

use booked_sandbox::{TestPostgres, test_database};

fn make_seats(url: &str) {
    let database = url.rsplit('/').next().unwrap();
    let sql = "CREATE TABLE seats (n int); INSERT INTO seats VALUES (1)";
    TestPostgres::shared().server().execute(database, sql).unwrap();
}

#[test]
fn each_test_has_its_own_copy_of_what_was_migrated_once() {
    static MIGRATIONS: AtomicU32 = AtomicU32::new(0);
    let new = || {
        test_database("copies", |url| {
            MIGRATIONS.fetch_add(1, Ordering::Relaxed);
            make_seats(url);
        })
    };

    let (one, other) = std::thread::scope(|scope| {
        let (one, other) = (scope.spawn(new), scope.spawn(new));
        (one.join().unwrap(), other.join().unwrap())
    });
    one.execute("INSERT INTO seats VALUES (2)");

    assert_eq!(MIGRATIONS.load(Ordering::Relaxed), 1);
    assert_ne!(one.url(), other.url());
    assert_eq!(one.execute("SELECT count(*) FROM seats"), "2");
    assert_eq!(other.execute("SELECT count(*) FROM seats"), "1");
}

#[test]
fn templates_of_different_names_are_different() {
    let seats = test_database("with_seats", make_seats);
    let empty = test_database("without_seats", |_| ());

    assert_eq!(seats.execute("SELECT to_regclass('seats') IS NULL"), "f");
    assert_eq!(empty.execute("SELECT to_regclass('seats') IS NULL"), "t");
}

#[test]
fn a_dropped_database_is_gone_even_while_somebody_is_connected() {
    let server = TestPostgres::shared().server();
    let database = test_database("dropped", |_| ());
    let name = database.name().to_owned();
    let (about_to_sleep, sleeping) = std::sync::mpsc::channel();
    let connected = std::thread::spawn({
        let name = name.clone();
        move || {
            about_to_sleep.send(()).unwrap();
            server.execute(&name, "SELECT pg_sleep(30)")
        }
    });
    sleeping.recv().unwrap();
    let watch =
        format!("SELECT count(*) FROM pg_stat_activity WHERE datname = '{name}' AND query ~ 'pg_sleep'");
    let deadline = Instant::now() + Duration::from_secs(10);
    while server.execute("postgres", &watch).unwrap() == "0" {
        assert!(Instant::now() < deadline, "the other connection does not come");
    }

    drop(database);

    assert!(connected.join().unwrap().is_err(), "the connection outlived its database");
    let left =
        server.execute("postgres", &format!("SELECT count(*) FROM pg_database WHERE datname = '{name}'"));
    assert_eq!(left.unwrap(), "0");
}

#[test]
fn a_migration_that_failed_is_tried_again_from_the_start() {
    let failed = std::panic::catch_unwind(|| {
        let _unmade = test_database("failing", |url| {
            make_seats(url);
            panic!("a mistake in the second migration");
        });
    });

    let database = test_database("failing", make_seats);

    assert!(failed.is_err());
    assert_eq!(database.execute("SELECT count(*) FROM seats"), "1");
}

//! A Valkey that goes away and comes back, and the runtimes that its callers live on.

use std::time::{Duration, Instant};

use booked_failure::Failure;
use booked_sandbox::test_valkey;
use booked_ticketing::ports::Reserved;
use tokio::runtime::{Builder, Handle};

use crate::connect::{pool, publish, reserve};

const PATIENCE: Duration = Duration::from_secs(30);

#[tokio::test(flavor = "multi_thread")]
async fn who_asks_a_server_that_is_away_hears_it_at_once_and_who_asks_later_finds_it_again() {
    let mut server = test_valkey();
    let pool = pool(&server.url(), None, Handle::current());
    publish(&pool).await.unwrap();
    server.kill();
    // The first to ask may have been on the way already.
    let first = reserve(&pool).await;
    assert!(first.is_err(), "{first:?}");
    for _ in 0..20 {
        let began = Instant::now();
        let failure = reserve(&pool).await.unwrap_err();
        assert!(matches!(failure, Failure::NotDone(_)), "nothing was sent: {failure:?}");
        assert!(began.elapsed() < Duration::from_secs(1), "{:?}", began.elapsed());
    }
    server.restart().unwrap();
    let give_up = Instant::now() + PATIENCE;
    while reserve(&pool).await.is_err() {
        assert!(Instant::now() < give_up, "it does not find the server again");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    assert_eq!(reserve(&pool).await.unwrap(), Reserved::NotLoaded, "the server lost all it had");
}

/// HTTP workers are runtimes that end before the jobs do, which still have claims to finish.
#[test]
fn the_connection_of_a_runtime_that_ends_is_nobody_elses() {
    let lasting = Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
    let server = test_valkey();
    let pool = pool(&server.url(), None, lasting.handle().clone());
    for _ in 0..2 {
        let passing = Builder::new_current_thread().enable_all().build().unwrap();
        passing.block_on(publish(&pool)).unwrap();
        drop(passing);
        assert!(matches!(lasting.block_on(reserve(&pool)), Ok(Reserved::Held { .. })));
    }
}

/// Each HTTP worker has a connection of its own, which breaks unseen while it has nothing to ask.
#[test]
fn what_one_connection_saw_fail_costs_no_call_of_another() {
    let lasting = Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
    let worker = Builder::new_current_thread().enable_all().build().unwrap();
    let mut server = test_valkey();
    let pool = pool(&server.url(), None, lasting.handle().clone());
    worker.block_on(publish(&pool)).unwrap();
    lasting.block_on(reserve(&pool)).unwrap();
    server.restart().unwrap();
    lasting.block_on(async {
        assert!(reserve(&pool).await.is_err(), "its connection broke");
        let give_up = Instant::now() + PATIENCE;
        while reserve(&pool).await.is_err() {
            assert!(Instant::now() < give_up, "it does not find the server again");
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    });
    worker.block_on(reserve(&pool)).unwrap();
}

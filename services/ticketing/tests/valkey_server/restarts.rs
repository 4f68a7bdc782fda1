//! A Valkey that goes away and comes back, and the runtimes that its callers live on.

use std::time::{Duration, Instant};

use booked_sandbox::test_valkey;
use booked_ticketing::ports::{PoolFailure, Reserved};
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
        assert!(matches!(failure, PoolFailure::Unavailable(_)), "nothing was sent: {failure:?}");
        assert!(began.elapsed() < Duration::from_secs(1), "{:?}", began.elapsed());
    }
    server.restart().unwrap();
    let give_up = Instant::now() + PATIENCE;
    while reserve(&pool).await.is_err() {
        assert!(Instant::now() < give_up, "it does not find the server again");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    assert_eq!(reserve(&pool).await.unwrap(), Reserved::NoMap, "the server lost all it had");
}

/// HTTP workers are runtimes that end before the jobs do, which still have claims to finish.
#[test]
fn a_connection_outlives_the_runtime_that_asked_for_it() {
    let lasting = Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
    let mut server = test_valkey();
    let pool = pool(&server.url(), None, lasting.handle().clone());
    let on_a_passing_runtime = |what: &dyn Fn(&tokio::runtime::Runtime)| {
        what(&Builder::new_current_thread().enable_all().build().unwrap());
    };
    on_a_passing_runtime(&|passing| {
        passing.block_on(publish(&pool)).unwrap();
    });
    assert!(matches!(lasting.block_on(reserve(&pool)), Ok(Reserved::Held { .. })), "opened by the first");

    server.restart().unwrap();
    on_a_passing_runtime(&|passing| {
        passing.block_on(async {
            let give_up = Instant::now() + PATIENCE;
            while publish(&pool).await.is_err() {
                assert!(Instant::now() < give_up, "it does not find the server again");
                tokio::time::sleep(Duration::from_millis(20)).await;
            }
        });
    });
    assert!(matches!(lasting.block_on(reserve(&pool)), Ok(Reserved::Held { .. })), "opened by the second");
}

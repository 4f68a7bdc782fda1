//! Fetches that are shared: a crowd costs two at a time, and nobody is given what was looked up before he asked.

#![expect(clippy::unwrap_used, reason = "the helpers of tests fail as tests do")]

use std::{
    cell::Cell,
    rc::Rc,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use booked_server::{Lifecycle, LocalSharedFetches, NotFetched, SharedFetches};
use futures_util::future::join_all;
use tokio::{sync::Semaphore, task::JoinHandle, time::timeout};

/// A source whose answer is how many looks were begun at it; each look waits until it is let through.
#[derive(Clone)]
struct Source {
    looks: Arc<AtomicU64>,
    gate: Arc<Semaphore>,
    fetches: Arc<SharedFetches<&'static str, u64>>,
}

impl Source {
    fn new() -> Self {
        let fetches = Arc::new(SharedFetches::new(2, &Lifecycle::new()));
        Self { looks: Arc::default(), gate: Arc::new(Semaphore::new(0)), fetches }
    }

    fn ask(&self, key: &'static str) -> JoinHandle<Result<u64, NotFetched>> {
        let source = self.clone();
        tokio::spawn(async move {
            let (looks, gate) = (Arc::clone(&source.looks), Arc::clone(&source.gate));
            let look = || async move {
                let number = looks.fetch_add(1, Ordering::SeqCst) + 1;
                gate.acquire().await.unwrap().forget();
                number
            };
            source.fetches.get(key, look).await
        })
    }

    fn let_through(&self, count: usize) {
        self.gate.add_permits(count);
    }

    async fn looks(&self, count: u64) {
        while self.looks.load(Ordering::SeqCst) < count {
            tokio::task::yield_now().await;
        }
    }
}

/// Lets everything that can go on without the gate do so.
async fn settle() {
    for _ in 0..1_000 {
        tokio::task::yield_now().await;
    }
}

#[tokio::test]
async fn a_hundred_who_ask_while_a_fetch_runs_share_the_next_one() {
    let source = Source::new();
    let first = source.ask("page");
    source.looks(1).await;
    let crowd: Vec<_> = (0..100).map(|_| source.ask("page")).collect();
    settle().await;
    assert_eq!(source.looks.load(Ordering::SeqCst), 1, "the next fetch waits for the running one");
    source.let_through(2);
    assert_eq!(first.await.unwrap(), Ok(1));
    for answer in join_all(crowd).await {
        assert_eq!(answer.unwrap(), Ok(2), "a fetch that began before the question was joined");
    }
    assert_eq!(source.looks.load(Ordering::SeqCst), 2);
}

#[tokio::test]
async fn who_asks_while_the_shared_fetch_runs_waits_for_the_one_after_it() {
    let source = Source::new();
    let first = source.ask("page");
    source.looks(1).await;
    let second = source.ask("page");
    settle().await;
    source.let_through(1);
    source.looks(2).await;
    let third = source.ask("page");
    settle().await;
    source.let_through(2);
    assert_eq!((first.await.unwrap(), second.await.unwrap(), third.await.unwrap()), (Ok(1), Ok(2), Ok(3)));
}

#[tokio::test]
async fn who_asks_after_a_fetch_has_ended_starts_another() {
    let source = Source::new();
    source.let_through(2);
    assert_eq!(source.ask("page").await.unwrap(), Ok(1));
    assert_eq!(source.ask("page").await.unwrap(), Ok(2));
}

#[tokio::test]
async fn a_caller_that_goes_away_strands_nobody() {
    let source = Source::new();
    let first = source.ask("page");
    source.looks(1).await;
    let (second, third) = (source.ask("page"), source.ask("page"));
    settle().await;
    first.abort();
    second.abort();
    settle().await;
    source.let_through(2);
    let answer = timeout(Duration::from_secs(5), third).await.expect("the third waits for ever");
    assert_eq!(answer.unwrap(), Ok(2));
}

#[tokio::test]
async fn a_fetch_that_everyone_has_left_is_not_made() {
    let source = Source::new();
    let first = source.ask("page");
    source.looks(1).await;
    let second = source.ask("page");
    settle().await;
    second.abort();
    settle().await;
    source.let_through(2);
    assert_eq!(first.await.unwrap(), Ok(1));
    assert_eq!(source.ask("page").await.unwrap(), Ok(2), "the look of the second was made for nobody");
}

#[tokio::test]
async fn different_keys_are_fetched_beside_each_other_up_to_the_bound() {
    let source = Source::new();
    let (one, other) = (source.ask("one"), source.ask("other"));
    source.looks(2).await;
    assert_eq!(source.ask("third").await.unwrap(), Err(NotFetched::Busy));
    source.let_through(3);
    one.await.unwrap().unwrap();
    other.await.unwrap().unwrap();
    source.ask("third").await.unwrap().unwrap();
}

#[tokio::test]
async fn a_fetch_that_panics_is_told_as_interrupted_and_the_next_one_runs() {
    let fetches = SharedFetches::new(1, &Lifecycle::new());
    let fails = fetches.get("page", || async { panic!("on purpose") });
    assert_eq!(fails.await, Err(NotFetched::Interrupted));
    assert_eq!(fetches.get("page", || async { 7 }).await, Ok(7));
}

#[actix_web::test]
async fn a_fetch_that_hangs_keeps_nobody_back_for_long() {
    let fetches = LocalSharedFetches::new(1, Duration::from_millis(1));
    let (gate, looks) = (Semaphore::new(0), AtomicU64::new(0));
    let (gate, looks) = (Arc::new(gate), Arc::new(looks));
    let hanging = fetches.get("page", || {
        let (gate, looks) = (Arc::clone(&gate), Arc::clone(&looks));
        async move {
            looks.fetch_add(1, Ordering::SeqCst);
            gate.acquire().await.unwrap().forget();
            1
        }
    });
    let after_it = async {
        while looks.load(Ordering::SeqCst) == 0 {
            tokio::task::yield_now().await;
        }
        let second = fetches.get("page", || async { 2 }).await;
        gate.add_permits(1);
        second
    };
    assert_eq!(tokio::join!(hanging, after_it), (Ok(1), Ok(2)), "the second waits for the first");
}

#[actix_web::test]
async fn a_worker_shares_what_cannot_leave_its_thread() {
    let fetches = LocalSharedFetches::new(1, Duration::from_secs(60));
    let looks = Rc::new(Cell::new(0));
    let look = || {
        let looks = Rc::clone(&looks);
        async move {
            looks.set(looks.get() + 1);
            tokio::task::yield_now().await;
            looks.get()
        }
    };
    let crowd = join_all((0..100).map(|_| fetches.get("page", look))).await;
    assert_eq!(crowd[0], Ok(1));
    assert!(crowd[1..].iter().all(|answer| *answer == Ok(2)), "{crowd:?}");
}

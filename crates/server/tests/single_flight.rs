//! Shared fetches: a crowd costs at most two at once, and no caller gets what was fetched before it asked.

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

use booked_server::{FlightError, Lifecycle, LocalSingleFlight, SingleFlight};
use futures_util::future::{self, LocalBoxFuture, join_all};
use tokio::{sync::Semaphore, task::JoinHandle, time::timeout};

/// A source that answers with the number of lookups that were started; each lookup waits until it is let through.
#[derive(Clone)]
struct Source {
    looks: Arc<AtomicU64>,
    gate: Arc<Semaphore>,
    fetches: Arc<SingleFlight<&'static str, u64>>,
}

impl Source {
    fn new() -> Self {
        let fetches = Arc::new(SingleFlight::new("pages", 2, &Lifecycle::new()));
        Self { looks: Arc::default(), gate: Arc::new(Semaphore::new(0)), fetches }
    }

    fn ask(&self, key: &'static str) -> JoinHandle<Result<u64, FlightError>> {
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

/// Lets everything that can continue without the gate do so.
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
async fn who_asks_again_at_once_joins_those_who_wait_already() {
    let source = Source::new();
    let again = source.clone();
    let first = tokio::spawn(async move {
        again.ask("page").await.unwrap().unwrap();
        again.ask("page").await.unwrap()
    });
    source.looks(1).await;
    let second = source.ask("page");
    settle().await;
    source.let_through(3);
    assert_eq!(
        (second.await.unwrap(), first.await.unwrap()),
        (Ok(2), Ok(2)),
        "the next fetch did not wait for them"
    );
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
    assert_eq!(source.ask("third").await.unwrap(), Err(FlightError::Busy));
    source.let_through(3);
    one.await.unwrap().unwrap();
    other.await.unwrap().unwrap();
    source.ask("third").await.unwrap().unwrap();
}

#[tokio::test]
async fn a_fetch_that_panics_is_told_as_interrupted_and_the_next_one_runs() {
    let fetches = SingleFlight::new("pages", 1, &Lifecycle::new());
    let fails = fetches.get("page", || async { panic!("on purpose") });
    assert_eq!(fails.await, Err(FlightError::Interrupted));
    assert_eq!(fetches.get("page", || async { 7 }).await, Ok(7));
}

#[actix_web::test]
async fn a_fetch_that_hangs_keeps_nobody_back_for_long() {
    let questions = LocalSingleFlight::new("pages", 1, Duration::from_millis(1));
    let (gate, looks) = (Rc::new(Semaphore::new(0)), Rc::new(Cell::new(0)));
    let ask = || {
        let (gate, looks) = (Rc::clone(&gate), Rc::clone(&looks));
        move |question| {
            let gate = Rc::clone(&gate);
            looks.set(looks.get() + 1);
            async move {
                if question == "hang" {
                    gate.acquire().await.unwrap().forget();
                }
                question
            }
        }
    };
    let hanging = questions.get("page", || "hang", ask());
    let after_it = async {
        while looks.get() == 0 {
            tokio::task::yield_now().await;
        }
        let second = questions.get("page", || "answer", ask()).await;
        gate.add_permits(1);
        second
    };
    assert_eq!(tokio::join!(hanging, after_it), (Ok("hang"), Ok("answer")), "the second waits for the first");
}

/// Answers with how many times it was asked before.
fn count() -> impl Fn() -> Box<dyn Fn(()) -> LocalBoxFuture<'static, u32>> {
    let asked = Rc::new(Cell::new(0));
    move || {
        let asked = Rc::clone(&asked);
        Box::new(move |()| {
            let asked = Rc::clone(&asked);
            Box::pin(async move {
                asked.set(asked.get() + 1);
                tokio::task::yield_now().await;
                asked.get()
            })
        })
    }
}

#[actix_web::test]
async fn a_crowd_shares_what_cannot_leave_a_worker() {
    let (questions, ask) = (LocalSingleFlight::new("pages", 1, Duration::MAX), count());
    let crowd = join_all((0..100).map(|_| questions.get("page", || (), ask()))).await;
    assert_eq!(crowd[0], Ok(1));
    assert!(crowd[1..].iter().all(|answer| *answer == Ok(2)), "{crowd:?}");
}

#[actix_web::test]
async fn a_worker_that_ends_strands_nobody() {
    let questions = Arc::new(LocalSingleFlight::new("pages", 1, Duration::MAX));
    let (asked, is_asked) = tokio::sync::oneshot::channel();
    let (end, ended) = tokio::sync::oneshot::channel::<()>();
    let theirs = Arc::clone(&questions);
    let worker = std::thread::spawn(move || {
        let runtime = actix_web::rt::Runtime::new().unwrap();
        runtime.spawn(async move {
            theirs.get("page", || (), |()| future::pending::<u32>()).await.unwrap_err();
        });
        runtime.spawn(async { asked.send(()).unwrap() });
        runtime.block_on(ended).unwrap();
    });
    is_asked.await.unwrap();
    let waiting = questions.get("page", || (), |()| future::ready(1));
    let ending = async { end.send(()).unwrap() };
    let waiting = timeout(Duration::from_secs(10), waiting);
    assert_eq!(tokio::join!(waiting, ending).0, Ok(Err(FlightError::Interrupted)));
    worker.join().unwrap();
    assert_eq!(questions.get("page", || (), |()| future::ready(1)).await, Ok(1));
}

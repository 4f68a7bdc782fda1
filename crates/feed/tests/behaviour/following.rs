//! Pulls that somebody waits for.

use std::time::{Duration, Instant};

use booked_feed::NotCaughtUp;
use diesel_async::SimpleAsyncConnection as _;
use futures_util::future::join_all;

use crate::{
    changing::Changing,
    world::{Listener, Producer, subject},
};

#[tokio::test(flavor = "multi_thread")]
async fn catching_up_applies_everything_up_to_the_position() {
    let (producer, listener) = (Producer::start(), Listener::new());
    let position = producer.write(subject(1), 1..=5).await;
    listener.replica(&producer).catch_up(&position, Duration::from_secs(5)).await.unwrap();
    assert_eq!(listener.version_of(subject(1)), "5");
}

#[tokio::test(flavor = "multi_thread")]
async fn catching_up_asks_nobody_where_the_position_was_passed() {
    let (producer, listener) = (Producer::start(), Listener::new());
    let position = producer.write(subject(1), 1..=5).await;
    let replica = listener.replica(&producer);
    replica.catch_up(&position, Duration::from_secs(5)).await.unwrap();
    let before = producer.requests();
    replica.catch_up(&position, Duration::from_secs(5)).await.unwrap();
    assert_eq!(producer.requests(), before);
}

#[tokio::test(flavor = "multi_thread")]
async fn catching_up_gives_up_in_time() {
    let (producer, listener) = (Producer::start(), Listener::new());
    let _holds_back = producer.open_writer().await;
    let position = producer.write(subject(1), 1..=1).await;
    let start = Instant::now();
    let result = listener.replica(&producer).catch_up(&position, Duration::from_millis(300)).await;
    assert_eq!(result, Err(NotCaughtUp::Late));
    assert!(start.elapsed() < Duration::from_secs(2), "{:?}", start.elapsed());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_pull_waits_for_what_was_committed_but_is_held_back() {
    let (producer, listener) = (Producer::start(), Listener::new());
    let mut holds_back = producer.open_writer().await;
    producer.write(subject(1), 1..=1).await;
    let replica = listener.replica(&producer);
    replica
        .pull_now()
        .await
        .expect_err("what was committed cannot be had, and that must not pass for nothing");
    assert_eq!(listener.applied(), [0i64; 0]);

    let pull = tokio::spawn(async move { replica.pull_now().await });
    holds_back.batch_execute("COMMIT").await.unwrap();
    pull.await.unwrap().unwrap();
    assert_eq!(listener.applied(), [1]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_pull_of_an_empty_feed_is_done() {
    let (producer, listener) = (Producer::start(), Listener::new());
    listener.replica(&producer).pull_now().await.unwrap();
    assert_eq!(producer.requests(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_hundred_who_wait_share_two_pulls() {
    let (producer, listener) = (Producer::start(), Listener::new());
    let replica = listener.replica(&producer);
    replica.pull_now().await.unwrap();
    let before = producer.requests();
    let pulls = join_all((0..100).map(|_| replica.pull_now())).await;
    assert!(pulls.iter().all(Result::is_ok), "{pulls:?}");
    let asked = producer.requests() - before;
    assert!(asked <= 2, "{asked} requests for the pull of the first and the shared one of the others");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_committed_before_a_pull_is_applied_after_it_however_many_pull() {
    let (producer, listener) = (Producer::start(), Listener::new());
    let replica = listener.replica(&producer);
    let crowd = {
        let replica = replica.clone();
        tokio::spawn(async move {
            for _ in 0..20 {
                join_all((0..10).map(|_| replica.pull_now())).await;
            }
        })
    };
    for version in 1..=10 {
        producer.write(subject(1), version..=version).await;
        replica.pull_now().await.unwrap();
        let known: i64 = listener.version_of(subject(1)).parse().unwrap();
        assert!(known >= version, "{known} of {version}");
    }
    crowd.await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_feed_that_is_away_is_said_to_be() {
    let (producer, listener) = (Producer::start(), Listener::new());
    let replica = listener.replica(&producer);
    producer.stop().await;
    replica.pull_now().await.unwrap_err();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_pull_while_the_feed_changes_its_incarnation_applies_all_of_the_new_one() {
    let listener = Listener::new();
    // The first answer is the last one of the old life, whose head meant something else; its rows are never shown.
    let feed = Changing::start(vec![
        ("old", "10", vec![]),
        ("new", "30", vec![("20", 1)]),
        ("new", "30", vec![("30", 2)]),
        ("new", "30", vec![]),
    ]);
    listener.replica_of(feed.address).pull_now().await.unwrap();
    assert_eq!(listener.applied(), [1, 2]);
}

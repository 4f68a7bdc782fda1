//! What a consumer does with a batch.

use std::{sync::atomic::Ordering, time::Duration};

use crate::world::{Listener, Producer, eventually, subject};

const SOON: Duration = Duration::from_secs(5);

#[tokio::test(flavor = "multi_thread")]
async fn two_replicas_apply_each_entry_once_and_in_order() {
    let (producer, listener) = (Producer::start(), Listener::new());
    listener.run_replica(&producer);
    listener.run_replica(&producer);
    producer.write(subject(1), 1..=60).await;
    // Pulls of their own, besides those that the lease allows.
    let (one, two) = (listener.replica(&producer), listener.replica(&producer));
    let (first, second) = tokio::join!(one.pull_now(), two.pull_now());
    first.and(second).unwrap();
    eventually("all is applied", || listener.version_of(subject(1)) == "60").await;
    assert_eq!(listener.applied(), (1..=60).collect::<Vec<_>>());
    eventually("all was told of", || listener.table.told.load(Ordering::Relaxed) == 60).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_cursor_stays_where_applying_fails() {
    let (producer, listener) = (Producer::start(), Listener::new());
    let last = producer.write(subject(1), 1..=3).await;
    let replica = listener.replica(&producer);
    listener.table.refuses.store(true, Ordering::Relaxed);
    replica.catch_up(&last, SOON).await.unwrap_err();
    assert_eq!(listener.execute("SELECT row_id FROM feed_cursors"), "0");
    assert_eq!(listener.applied(), [0i64; 0]);
    assert_eq!(listener.table.told.load(Ordering::Relaxed), 0);

    listener.table.refuses.store(false, Ordering::Relaxed);
    replica.catch_up(&last, SOON).await.unwrap();
    assert_eq!(listener.applied(), [1, 2, 3]);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_endless_job_goes_on_once_applying_works_again() {
    let (producer, listener) = (Producer::start(), Listener::new());
    listener.table.refuses.store(true, Ordering::Relaxed);
    listener.run_replica(&producer);
    producer.write(subject(1), 1..=3).await;
    eventually("applying was tried", || producer.requests() > 1).await;
    listener.table.refuses.store(false, Ordering::Relaxed);
    eventually("all is applied", || listener.applied() == [1, 2, 3]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn older_state_never_overwrites_newer() {
    let (producer, listener) = (Producer::start(), Listener::new());
    producer.write(subject(1), 2..=2).await;
    producer.write(subject(1), 1..=1).await;
    listener.replica(&producer).pull_now().await.unwrap();
    assert_eq!(listener.applied(), [2, 1]);
    assert_eq!(listener.version_of(subject(1)), "2");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_new_incarnation_is_read_from_the_start() {
    let (producer, listener) = (Producer::start(), Listener::new());
    producer.write(subject(1), 1..=2).await;
    let replica = listener.replica(&producer);
    replica.pull_now().await.unwrap();
    assert_eq!(listener.table.restarts.load(Ordering::Relaxed), 0, "the first life is no new one");
    listener.execute("UPDATE feed_cursors SET incarnation = 'of before', row_id = 1000000000");
    replica.pull_now().await.unwrap();
    assert_eq!(listener.applied(), [1, 2, 1, 2]);
    assert_eq!(listener.table.restarts.load(Ordering::Relaxed), 1);
    assert_eq!(listener.version_of(subject(1)), "2");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_new_incarnation_that_has_what_was_applied_is_read_on() {
    let (producer, listener) = (Producer::start(), Listener::new());
    // Across the end of a block of the digest.
    producer.execute("ALTER SEQUENCE outbox_id_seq RESTART WITH 16380");
    producer.write(subject(1), 1..=8).await;
    let replica = listener.replica(&producer);
    replica.pull_now().await.unwrap();
    listener.execute("UPDATE feed_cursors SET incarnation = 'of before'");
    let last = producer.write(subject(1), 9..=9).await;
    replica.catch_up(&last, SOON).await.unwrap();
    replica.pull_now().await.unwrap();
    assert_eq!(listener.applied(), (1..=9).collect::<Vec<_>>());
    assert_eq!(listener.table.restarts.load(Ordering::Relaxed), 0);
    assert_eq!(listener.execute("SELECT incarnation = 'of before' FROM feed_cursors"), "f");
}

/// A server that takes over and lacks what was committed last assigns the same ids to other rows; and what it lacks
/// is not always the last row.
#[tokio::test(flavor = "multi_thread")]
async fn a_new_incarnation_that_lacks_one_of_the_rows_is_read_from_the_start() {
    for lost in ["DELETE FROM outbox WHERE id = 2", "UPDATE outbox SET written_at = now() WHERE id = 3"] {
        let (producer, listener) = (Producer::start(), Listener::new());
        producer.write(subject(1), 1..=3).await;
        let replica = listener.replica(&producer);
        replica.pull_now().await.unwrap();
        listener.execute("UPDATE feed_cursors SET incarnation = 'of before'");
        producer.execute(lost);
        replica.pull_now().await.unwrap();
        assert_eq!(listener.table.restarts.load(Ordering::Relaxed), 1, "{lost}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_entry_that_cannot_be_decoded_is_set_aside_and_the_others_are_applied() {
    let (producer, listener) = (Producer::start(), Listener::new());
    producer.write(subject(1), 1..=1).await;
    producer.execute(&format!(
        "INSERT INTO outbox (kind, subject, data) VALUES ('test.state', '{}', '{{\"version\": \"two\"}}')",
        subject(1)
    ));
    producer.write(subject(1), 3..=3).await;
    listener.replica(&producer).pull_now().await.unwrap();
    assert_eq!(listener.applied(), [1, 3]);
    let aside = listener.execute("SELECT feed, kind, subject, data->>'version', reason FROM feed_set_aside");
    let start = format!("test|test.state|{}|two|", subject(1));
    assert!(aside.starts_with(&start) && aside.contains("invalid type: string"), "{aside}");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_set_aside_is_so_in_the_incarnation_in_which_the_consumer_goes_on() {
    let (producer, listener) = (Producer::start(), Listener::new());
    producer.execute(&format!(
        "INSERT INTO outbox (kind, subject, data) VALUES ('test.state', '{}', '{{\"version\": \"two\"}}')",
        subject(1)
    ));
    let replica = listener.replica(&producer);
    replica.pull_now().await.unwrap();
    for table in ["feed_cursors", "feed_set_aside"] {
        listener.execute(&format!("UPDATE {table} SET incarnation = 'of before'"));
    }

    producer.write(subject(1), 3..=3).await;
    replica.pull_now().await.unwrap();

    assert_eq!(listener.table.restarts.load(Ordering::Relaxed), 0);
    let aside = "SELECT count(*) FROM feed_set_aside JOIN feed_cursors USING (feed, incarnation)";
    assert_eq!(listener.execute(aside).trim(), "1");
}

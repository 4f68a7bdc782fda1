//! The order of the feed: a transaction that has written to the outbox and has not committed yet holds back what
//! comes after it, and no other transaction does.

use diesel_async::SimpleAsyncConnection as _;

use crate::world::{Producer, append, open_transaction, subject, versions};

const NOTHING: [i64; 0] = [];

#[tokio::test(flavor = "multi_thread")]
async fn a_transaction_that_a_stranger_leaves_open_in_another_database_holds_nothing_back() {
    let (producer, other) = (Producer::start(), booked_sandbox::test_database("stranger", |_| {}));
    let _open = open_transaction(&other.url(), "SELECT pg_current_xact_id()").await;
    producer.write(subject(1), 1..=1).await;
    assert_eq!(versions(&producer.read("timeout=2000").await), [1]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_transaction_that_writes_to_another_table_of_the_database_holds_nothing_back() {
    let producer = Producer::start();
    let _open = producer.open_stranger().await;
    producer.write(subject(1), 1..=1).await;
    assert_eq!(versions(&producer.read("timeout=2000").await), [1]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_lock_of_one_who_does_not_write_holds_nothing_back() {
    let producer = Producer::start();
    let work = "SELECT count(*) FROM outbox; SELECT pg_advisory_xact_lock_shared(1869968482, 0)";
    let _open = open_transaction(&producer.database_url(), work).await;
    producer.write(subject(1), 1..=1).await;
    assert_eq!(versions(&producer.read("timeout=2000").await), [1]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_row_of_a_long_transaction_that_commits_last_is_not_skipped() {
    let producer = Producer::start();
    producer.write(subject(1), 1..=1).await;
    let mut long = producer.open_writer().await;
    producer.write(subject(2), 3..=3).await;
    assert_eq!(versions(&producer.read("timeout=200").await), [1], "an earlier one may still commit");
    append(&mut long, subject(1), 2).await.unwrap();
    producer.write(subject(2), 4..=4).await;
    assert_eq!(versions(&producer.read("timeout=200").await), [1], "an earlier one may still commit");
    long.batch_execute("COMMIT").await.unwrap();
    assert_eq!(versions(&producer.read("timeout=2000").await), [1, 3, 2, 4], "the order is that of the rows");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_rolled_back_leaves_a_gap_that_nobody_waits_for() {
    let producer = Producer::start();
    let mut gone = producer.open_writer().await;
    append(&mut gone, subject(1), 1).await.unwrap();
    gone.batch_execute("SAVEPOINT half").await.unwrap();
    append(&mut gone, subject(1), 2).await.unwrap();
    gone.batch_execute("ROLLBACK TO half").await.unwrap();
    producer.write(subject(2), 3..=3).await;
    assert_eq!(versions(&producer.read("timeout=200").await), NOTHING);
    gone.batch_execute("ROLLBACK").await.unwrap();
    assert_eq!(versions(&producer.read("timeout=2000").await), [3]);
}

/// The lock has room for only 32 bits of the number.
#[tokio::test(flavor = "multi_thread")]
async fn the_order_holds_where_ids_outgrow_the_locks() {
    for start in [(1_i64 << 31) - 1, 1 << 31, (1 << 32) - 1, 1 << 32] {
        let producer = Producer::start();
        producer.execute(&format!("ALTER SEQUENCE outbox_id_seq RESTART WITH {start}"));
        producer.write(subject(1), 1..=1).await;
        let mut long = producer.open_writer().await;
        producer.write(subject(2), 3..=5).await;
        assert_eq!(versions(&producer.read("timeout=2000").await), [1], "from {start}");
        append(&mut long, subject(1), 2).await.unwrap();
        long.batch_execute("COMMIT").await.unwrap();
        assert_eq!(versions(&producer.read("timeout=2000").await), [1, 3, 4, 5, 2], "from {start}");
    }
}

/// Many write at once, some of them roll back, and one reader reads all the time: it sees every committed row once.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn nothing_is_skipped_while_many_write() {
    let producer = std::sync::Arc::new(Producer::start());
    let writers: Vec<_> = (0..6)
        .map(|number| {
            let producer = std::sync::Arc::clone(&producer);
            tokio::spawn(async move {
                for turn in 0..20 {
                    if turn % 4 == number % 4 {
                        let mut open = producer.open_writer().await;
                        append(&mut open, subject(1), -1).await.unwrap();
                        open.batch_execute("ROLLBACK").await.unwrap();
                    }
                    producer.write(subject(1), number * 100 + turn..=number * 100 + turn).await;
                }
            })
        })
        .collect();
    let (mut seen, mut last) = (Vec::new(), "0".to_owned());
    while seen.len() < 120 {
        let page = producer.read(&format!("lastEventId={last}&timeout=5000&limit=7")).await;
        let Some(end) = page.last() else { break };
        end["id"].as_str().unwrap().clone_into(&mut last);
        seen.extend(versions(&page));
    }
    for writer in writers {
        writer.await.unwrap();
    }
    seen.sort_unstable();
    let written: Vec<i64> = (0..6).flat_map(|number| (0..20).map(move |turn| number * 100 + turn)).collect();
    assert_eq!(seen, written);
}

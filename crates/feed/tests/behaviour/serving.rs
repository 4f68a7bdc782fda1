//! What a feed answers.

use std::time::{Duration, Instant};

use serde_json::json;

use crate::world::{KIND, Producer, subject, versions};

#[tokio::test(flavor = "multi_thread")]
async fn entries_are_cloud_events_in_order() {
    let producer = Producer::start();
    let last = producer.write(subject(1), 1..=3).await;
    let events = producer.read("timeout=1000").await;
    assert_eq!(versions(&events), [1, 2, 3]);
    let event = &events[2];
    assert_eq!(event["specversion"], "1.0");
    assert_eq!(event["id"], last.to_string());
    assert_eq!(event["source"], "/test");
    assert_eq!(event["type"], KIND);
    assert_eq!(event["subject"], subject(1).to_string());
    assert_eq!(event["data"], json!({"version": 3, "name": "version 3"}));
    assert!(event["time"].as_str().unwrap().ends_with('Z'), "{event}");
}

#[tokio::test(flavor = "multi_thread")]
async fn reading_goes_on_where_it_ended() {
    let producer = Producer::start();
    producer.write(subject(1), 1..=5).await;
    let first = producer.read("timeout=1000&limit=2").await;
    assert_eq!(versions(&first), [1, 2]);
    let next = producer.read(&format!("lastEventId={}", first[1]["id"].as_str().unwrap())).await;
    assert_eq!(versions(&next), [3, 4, 5]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_long_poll_answers_when_a_row_is_committed_and_told() {
    let producer = Producer::start();
    let poll = tokio::spawn(reqwest::get(producer.url("timeout=15000")));
    crate::world::eventually("the poll is under way", || producer.requests() == 1).await;
    let start = Instant::now();
    producer.write(subject(1), 1..=1).await;
    producer.tell();
    let events: Vec<serde_json::Value> = poll.await.unwrap().unwrap().json().await.unwrap();
    assert_eq!(versions(&events), [1]);
    assert!(start.elapsed() < Duration::from_secs(5), "{:?}", start.elapsed());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_long_poll_finds_what_another_process_wrote() {
    let producer = Producer::start();
    let poll = tokio::spawn(reqwest::get(producer.url("timeout=15000")));
    crate::world::eventually("the poll is under way", || producer.requests() == 1).await;
    let start = Instant::now();
    producer.write(subject(1), 1..=1).await;
    let events: Vec<serde_json::Value> = poll.await.unwrap().unwrap().json().await.unwrap();
    assert_eq!(versions(&events), [1]);
    assert!(start.elapsed() < Duration::from_secs(5), "{:?}", start.elapsed());
}

/// A sale writes a hundred thousand rows in a minute, while somebody checks for new ones forty times a second.
#[tokio::test(flavor = "multi_thread")]
async fn looking_for_new_rows_reads_no_more_of_a_long_outbox() {
    const ROWS: u64 = 20_000;
    let producer = Producer::start();
    producer.execute(&format!(
        "INSERT INTO outbox (kind, subject, data) \
         SELECT '{KIND}', '{}', '{{}}' FROM generate_series(1, {ROWS})",
        subject(1)
    ));
    let last = producer.write(subject(1), 1..=1).await;
    let read = || -> u64 {
        let sum = producer.execute(
            "SELECT (SELECT coalesce(sum(seq_tup_read), 0) FROM pg_stat_user_tables WHERE relname LIKE 'outbox%') \
             + (SELECT coalesce(sum(idx_tup_read), 0) FROM pg_stat_user_indexes WHERE relname LIKE 'outbox%')",
        );
        sum.trim().parse().unwrap()
    };
    let before = read();

    // Longer than a connection keeps its counts to itself.
    assert!(producer.read(&format!("lastEventId={last}&timeout=2500")).await.is_empty());

    crate::world::eventually("the looks are counted", || read() > before).await;
    assert!(read() - before < ROWS, "{} rows were read to find that there is none", read() - before);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_long_poll_ends_with_the_time_that_it_was_given() {
    let producer = Producer::start();
    assert!(producer.read("timeout=100").await.is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_long_poll_ends_when_the_process_is_asked_to_end() {
    let producer = Producer::start();
    let start = Instant::now();
    let poll = tokio::spawn(reqwest::get(producer.url("timeout=15000")));
    crate::world::eventually("the poll is under way", || producer.requests() == 1).await;
    producer.lifecycle.end();
    let events: Vec<serde_json::Value> = poll.await.unwrap().unwrap().json().await.unwrap();
    assert!(events.is_empty());
    assert!(start.elapsed() < Duration::from_secs(5), "{:?}", start.elapsed());
}

#[tokio::test(flavor = "multi_thread")]
async fn parameters_that_mean_nothing_are_refused() {
    let producer = Producer::start();
    for query in [
        "lastEventId=x",
        "lastEventId=1-1",
        "lastEventId=-1",
        "lastEventId=%00",
        "timeout=-1",
        "timeout=x",
        "limit=0",
        "limit=501",
        "limit=x",
        "limit=1&limit=2",
    ] {
        let status = reqwest::get(producer.url(query)).await.unwrap().status();
        assert_eq!(status.as_u16(), 400, "{query}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_incarnation_names_server_database_and_timeline() {
    let (one, another) = (Producer::start(), Producer::start());
    let incarnation = async |producer: &Producer| {
        let response = reqwest::get(producer.url("")).await.unwrap();
        response.headers()["x-feed-incarnation"].to_str().unwrap().to_owned()
    };
    let (first, second) = (incarnation(&one).await, incarnation(&another).await);
    assert_ne!(first, second);
    assert_eq!(incarnation(&one).await, first);
    let [server, _, timeline] = first.split('-').collect::<Vec<_>>()[..] else { panic!("{first}") };
    assert_eq!(timeline, "00000001");
    assert!(second.starts_with(server), "{first} and {second}");
}

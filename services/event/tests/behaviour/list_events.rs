//! `GET /event/`

use std::time::{Duration, Instant};

use booked_ids::EventId;
use futures_util::future::join_all;
use reqwest::Method;
use serde_json::{Value, json};

use crate::{
    caller::Answer,
    ticketing::Mood,
    world::{Service, World, callers},
};

fn times(page: &Answer) -> Vec<i64> {
    page.body["events"].as_array().unwrap().iter().map(|event| event["unix_time"].as_i64().unwrap()).collect()
}

fn ids(page: &Answer) -> Vec<String> {
    let id = |event: &Value| event["id"].as_str().unwrap().to_owned();
    page.body["events"].as_array().unwrap().iter().map(id).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn events_come_by_time_then_id() {
    let world = World::start().await;
    let mut expected: Vec<(i64, EventId)> = Vec::new();
    for time in [30, 10, 20, 10, 1] {
        expected.push((time, world.event(time, 5).await));
    }
    expected.sort_unstable();
    let page = world.anyone.get("/event/").await;
    assert_eq!(page.status, 200);
    let found: Vec<_> = std::iter::zip(times(&page), ids(&page)).collect();
    assert_eq!(found, expected.iter().map(|(time, id)| (*time, id.to_string())).collect::<Vec<_>>());
    assert_eq!(page.body["next_time_to_fetch"], 30);
}

#[tokio::test(flavor = "multi_thread")]
async fn without_events_the_page_is_empty_and_ticketing_is_not_asked() {
    let world = World::start().await;
    let page = world.anyone.get("/event/?timestamp=5").await;
    assert_eq!((page.status, page.body), (200, json!({ "next_time_to_fetch": 0, "events": [] })));
    assert!(world.ticketing.questions().is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_page_never_splits_a_second_so_that_paging_skips_nothing() {
    let world = World::start().await;
    for time in [1, 1, 2, 2, 2, 3, 4] {
        world.event(time, 5).await;
    }
    for (query, expected) in [
        ("limit=1", vec![1, 1]),
        ("limit=2", vec![1, 1]),
        ("limit=3", vec![1, 1, 2, 2, 2]),
        ("limit=6", vec![1, 1, 2, 2, 2, 3]),
        ("limit=7", vec![1, 1, 2, 2, 2, 3, 4]),
        ("limit=1&timestamp=1", vec![2, 2, 2]),
        ("limit=4&timestamp=2", vec![3, 4]),
        ("timestamp=4", vec![]),
    ] {
        assert_eq!(times(&world.anyone.get(&format!("/event/?{query}")).await), expected, "{query}");
    }
    let (mut all, mut next) = (Vec::new(), String::new());
    loop {
        let page = world.anyone.get(&format!("/event/?limit=1{next}")).await;
        if ids(&page).is_empty() {
            break;
        }
        all.extend(ids(&page));
        next = format!("&timestamp={}", page.body["next_time_to_fetch"]);
    }
    assert_eq!(all, ids(&world.anyone.get("/event/?limit=100").await));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_limit_or_timestamp_that_is_no_positive_integer_counts_as_not_given() {
    let world = World::start().await;
    for time in 1..=12 {
        world.event(time, 5).await;
    }
    let huge = "9".repeat(5_000);
    for odd in ["", "0", "-1", "1.0", "1e1", "x", "%00", "+5", "%2B5", "9223372036854775808", huge.as_str()] {
        let page = world.anyone.get(&format!("/event/?limit={odd}")).await;
        assert_eq!((page.status, times(&page).len()), (200, 10), "limit={odd}");
        let page = world.anyone.get(&format!("/event/?timestamp={odd}")).await;
        assert_eq!((page.status, times(&page)), (200, (1..=10).collect()), "timestamp={odd}");
    }
    assert_eq!(times(&world.anyone.get("/event/?limit=x&limit=2").await).len(), 10, "the first counts");
    assert_eq!(times(&world.anyone.get("/event/?limit=2&limit=x").await), [1, 2], "the first counts");
    assert!(times(&world.anyone.get(&format!("/event/?timestamp={}", i64::MAX)).await).is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn events_that_an_older_release_made_at_second_zero_do_not_stop_the_listing() {
    const TIMES_FROM_ONE: &str =
        include_str!("../../../../migrations/event/20260201000600_times_from_one/up.sql");
    let world = World::start().await;
    world.fill(12, 0);
    let later = world.event(5, 10).await;
    world.database.execute(TIMES_FROM_ONE);

    let first = world.anyone.get("/event/").await;
    assert_eq!((ids(&first).len(), &first.body["next_time_to_fetch"]), (12, &json!(1)));
    assert_eq!(ids(&world.anyone.get("/event/?timestamp=1").await), [later.to_string()]);
    let published = world.published();
    assert_eq!(published.len(), 13);
    assert!(
        published[1..].iter().all(|state| (&state["unix_time"], &state["version"]) == (&json!(1), &json!(2)))
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_limit_is_capped_at_a_hundred() {
    let world = World::start().await;
    for time in 1..=103 {
        world.database.execute(&format!(
            "INSERT INTO events VALUES ('{}', 1, 'n', {time}, 'a', 'd', NULL, NULL, 5, now(), NULL)",
            EventId::new(time, [9; 16])
        ));
    }
    for limit in ["101", "1000000", "9223372036854775807"] {
        assert_eq!(times(&world.anyone.get(&format!("/event/?limit={limit}")).await).len(), 100, "{limit}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_free_is_what_ticketing_leaves() {
    let world = World::start().await;
    for (time, occupied) in [(1, Some(0)), (2, Some(3)), (3, Some(10)), (4, Some(12)), (5, None)] {
        let id = world.event(time, 10).await;
        world.ticketing.occupy(id, occupied);
    }
    let page = world.anyone.get("/event/").await.body;
    let free = |event: &Value| event["available_seats_count"].as_i64().unwrap();
    let free: Vec<_> = page["events"].as_array().unwrap().iter().map(free).collect();
    assert_eq!(free, [10, 7, 0, 0, 0]);
}

#[tokio::test(flavor = "multi_thread")]
async fn without_an_answer_from_ticketing_the_page_is_503_in_time_and_never_a_guess() {
    let world = World::start().await;
    world.event(1, 10).await;
    for mood in [Mood::Fails, Mood::Hangs, Mood::Miscounts] {
        world.ticketing.be(mood);
        let start = Instant::now();
        let answer = world.anyone.get("/event/").await;
        assert_eq!(answer.error(), (503, "SYS-07"), "{mood:?}");
        assert!(answer.retry_after.is_some(), "{mood:?}");
        assert!(start.elapsed() < Duration::from_secs(3), "{mood:?}: {:?}", start.elapsed());
    }
    world.ticketing.be(Mood::Good);
    assert_eq!(world.anyone.get("/event/").await.status, 200);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_replica_of_ticketing_that_is_unreachable_is_skipped() {
    let world = World::start().await;
    world.event(1, 10).await;
    let gone = {
        let socket = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        socket.local_addr().unwrap()
    };
    let replicas = format!("http://{gone},{}", world.ticketing.url());
    let service = Service::start(&world.database.url(), &replicas, &[]).await;
    let [_, _, anyone] = callers(&service);
    for _ in 0..4 {
        assert_eq!(anyone.get("/event/").await.status, 200);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn ten_thousand_events_of_one_second_are_one_page() {
    let world = World::start().await;
    world.fill(10_000, 7);
    let page = world.anyone.get("/event/?limit=1").await;
    assert_eq!((page.status, times(&page).len()), (200, 10_000));
    assert_eq!(world.ticketing.questions(), [1_000; 10]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_crowd_that_asks_the_same_shares_its_fetches() {
    let world = World::start().await;
    world.event(1, 10).await;
    world.ticketing.close_gate();
    let ask = || {
        let anyone = world.anyone.clone();
        tokio::spawn(async move { anyone.get("/event/?limit=5&timestamp=").await })
    };
    let first = ask();
    asked(&world, 1).await;
    // Each of these requests asks for the same page in different words, and the admin is one of the callers.
    let admin = world.admin.clone();
    let admin = tokio::spawn(async move { admin.get("/event/?x=y&limit=5").await });
    let crowd: Vec<_> = (0..99).map(|_| ask()).collect();
    // Time for the crowd to arrive; a request that is late only adds a few shared fetches.
    tokio::time::sleep(Duration::from_millis(300)).await;
    world.ticketing.open_gate();
    let mut answers: Vec<_> = join_all(crowd).await.into_iter().map(Result::unwrap).collect();
    answers.extend([first.await.unwrap(), admin.await.unwrap()]);
    assert!(answers.iter().all(|answer| answer.status == 200 && answer.body == answers[0].body));
    let questions = world.ticketing.questions().len();
    assert!(questions <= 10, "{questions} fetches for a hundred callers");
}

#[tokio::test(flavor = "multi_thread")]
async fn seats_sold_before_the_request_are_counted_even_if_a_fetch_was_in_flight() {
    let world = World::start().await;
    let id = world.event(1, 10).await;
    world.ticketing.close_gate();
    let ask = || {
        let anyone = world.anyone.clone();
        tokio::spawn(async move { anyone.get("/event/").await })
    };
    let before = ask();
    asked(&world, 1).await;
    world.ticketing.occupy(id, Some(10));
    let after = ask();
    // The second request arrives while the first is in flight; if it were late, that would only make a right answer
    // easier.
    tokio::time::sleep(Duration::from_millis(100)).await;
    world.ticketing.open_gate();
    let free = |answer: Answer| answer.body["events"][0]["available_seats_count"].clone();
    assert_eq!(free(before.await.unwrap()), 10);
    assert_eq!(free(after.await.unwrap()), 0, "it was given what was looked up before it asked");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_caller_who_disconnects_leaves_nobody_without_an_answer() {
    let world = World::start().await;
    world.event(1, 10).await;
    world.ticketing.close_gate();
    let ask = || {
        let anyone = world.anyone.clone();
        tokio::spawn(async move { anyone.get("/event/").await })
    };
    let first = ask();
    asked(&world, 1).await;
    let (second, third) = (ask(), ask());
    tokio::time::sleep(Duration::from_millis(100)).await;
    first.abort();
    second.abort();
    world.ticketing.open_gate();
    assert_eq!(third.await.unwrap().status, 200);
}

#[tokio::test(flavor = "multi_thread")]
async fn more_different_reads_than_are_allowed_are_503() {
    let world = World::start_with(&["--reads-max", "1"]).await;
    world.event(1, 10).await;
    world.ticketing.close_gate();
    let anyone = world.anyone.clone();
    let first = tokio::spawn(async move { anyone.get("/event/?limit=1").await });
    asked(&world, 1).await;
    assert_eq!(world.anyone.get("/event/?limit=2").await.error(), (503, "SYS-07"));
    world.ticketing.open_gate();
    assert_eq!(first.await.unwrap().status, 200);
}

#[tokio::test(flavor = "multi_thread")]
async fn head_is_answered_like_get() {
    let world = World::start().await;
    let id = world.event(1, 10).await;
    for path in ["/event/".to_owned(), format!("/event/{id}/")] {
        let answer = world.anyone.send(Method::HEAD, &path, Vec::new()).await;
        assert_eq!((answer.status, answer.body), (200, Value::Null), "{path}");
    }
}

/// Waits until ticketing has had this many requests.
async fn asked(world: &World, times: usize) {
    for _ in 0..400 {
        if world.ticketing.questions().len() >= times {
            return;
        }
        tokio::time::sleep(Duration::from_millis(25)).await;
    }
    panic!("ticketing was not asked {times} times within ten seconds");
}

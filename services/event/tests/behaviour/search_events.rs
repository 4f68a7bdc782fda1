//! `GET /event/` with `from`, `to`, `status` and `q`

use std::{collections::BTreeSet, time::Duration};

use booked_ids::EventId;
use serde_json::{Value, json};

use crate::{caller::Answer, world::World};

const NOTHING: [i64; 0] = [];
const STATUSES: [&str; 5] = ["scheduled", "on_sale", "paused", "closed", "cancelled"];

fn encoded(text: &str) -> String {
    text.bytes().map(|byte| format!("%{byte:02X}")).collect()
}

fn times(page: &Answer) -> Vec<i64> {
    assert_eq!(page.status, 200, "{page:?}");
    page.body["events"].as_array().unwrap().iter().map(|event| event["unix_time"].as_i64().unwrap()).collect()
}

async fn list(world: &World, query: &str) -> Vec<i64> {
    times(&world.anyone.get(&format!("/event/?{query}")).await)
}

async fn search(world: &World, words: &str) -> Vec<i64> {
    list(world, &format!("limit=100&q={}", encoded(words))).await
}

async fn make(world: &World, unix_time: i64, [name, address, description]: [&str; 3]) -> EventId {
    let body = json!({ "name": name, "unix_time": unix_time, "address": address, "description": description,
        "seat_count": 10 });
    world.create(&body).await
}

/// All pages of a listing, one after the other.
async fn pages(world: &World, query: &str) -> Vec<String> {
    let (mut all, mut next) = (Vec::new(), 0);
    loop {
        let page = world.anyone.get(&format!("/event/?{query}&timestamp={next}")).await.body;
        let events = page["events"].as_array().unwrap();
        if events.is_empty() {
            return all;
        }
        all.extend(events.iter().map(|event| event["id"].as_str().unwrap().to_owned()));
        next = page["next_time_to_fetch"].as_i64().unwrap();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn all_words_are_found_wherever_they_stand_without_regard_to_case_and_accents() {
    let world = World::start().await;
    for (time, texts) in [
        (1, ["Last Night of the Proms", "Royal Albert Hall, London", "With the BBC Symphony Orchestra"]),
        (2, ["Café Müller", "Straße 7, Zürich", "Tanztheater; très “émouvant”"]),
        (3, ["ΟΔΥΣΣΕΙΑ", "Αθήνα", "Θέατρο στην οδό"]),
        (4, ["Щелкунчик", "Москва", "Балет; ёлка"]),
        (
            5,
            [
                "Łódź–Tromsø",
                "AC/DC-Platz 12",
                "tickets@example.org, O'Brien, 2026-12-31, ﬁn, Ｆｕｌｌ, 🎵Polka🎵",
            ],
        ),
    ] {
        make(&world, time, texts).await;
    }
    for (words, found) in [
        ("proms", vec![1]),
        ("PROMS london orchestra", vec![1]),
        ("london proms", vec![1]),
        ("proms zurich", vec![]),
        ("pro", vec![1]),
        ("roms", vec![]),
        ("th", vec![1]),
        ("cafe", vec![2]),
        ("CAFÉ muller", vec![2]),
        ("Cafe\u{301}", vec![2]),
        ("strasse", vec![2]),
        ("STRASSE ZURICH", vec![2]),
        ("STRAẞE", vec![2]),
        ("emouvant", vec![2]),
        ("οδυσσεια", vec![3]),
        ("ΟΔΌΣ", vec![]),
        ("αθηνα ΘΕΑΤΡΟ", vec![3]),
        ("ЩЕЛКУНЧИК москва", vec![4]),
        ("елка", vec![4]),
        ("lodz tromso", vec![5]),
        ("dc", vec![5]),
        ("ac/dc", vec![5]),
        ("12", vec![5]),
        ("31 brien example", vec![5]),
        ("fin full polka", vec![5]),
        ("a", vec![1, 5]),
        ("1", vec![5]),
        ("t", vec![1, 2, 5]),
    ] {
        assert_eq!(search(&world, words).await, found, "{words}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_that_is_searched_means_anything_but_words() {
    let world = World::start().await;
    make(&world, 1, ["Proms", "London", "d"]).await;
    make(&world, 2, ["Ballet", "Paris", "d"]).await;
    for (words, found) in [
        ("proms | ballet", vec![]),
        ("proms & london", vec![1]),
        ("!proms", vec![1]),
        ("proms <-> london", vec![1]),
        ("(proms", vec![1]),
        ("proms:*", vec![1]),
        ("proms:A", vec![]),
        ("'proms'", vec![1]),
        ("proms'", vec![1]),
        ("\\'proms\\", vec![1]),
        ("\"proms london\"", vec![1]),
        ("proms\u{0}london", vec![1]),
        ("%' OR 1=1 --", vec![]),
        ("pr%", vec![1]),
        ("_roms", vec![]),
    ] {
        assert_eq!(search(&world, words).await, found, "{words:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_has_neither_letter_nor_digit_counts_as_not_given() {
    let world = World::start().await;
    make(&world, 1, ["Proms", "London", "d"]).await;
    make(&world, 2, ["Ballet", "Paris", "d"]).await;
    for words in ["", " ", "\u{0}", "&|!()", "'", "—", "🎵"] {
        assert_eq!(search(&world, words).await, [1, 2], "{words:?}");
    }
    assert_eq!(list(&world, "q").await, [1, 2]);
    assert_eq!(list(&world, "q=&q=proms").await, [1, 2], "the first counts");
    assert_eq!(list(&world, "q=proms&q=ballet").await, [1], "the first counts");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_search_is_bounded() {
    let world = World::start().await;
    let long = "x".repeat(60);
    make(&world, 1, ["a b c d e f g h i j", &long, &"é".repeat(10_000)]).await;
    assert_eq!(search(&world, "a b c d e f g h i j absent").await, [1], "ten words count");
    assert_eq!(search(&world, "a b c d e f g h i absent j").await, NOTHING);
    assert_eq!(search(&world, &format!("{}absent", " ".repeat(200))).await, [1], "200 characters count");
    assert_eq!(search(&world, &format!("{}absent", " ".repeat(190))).await, NOTHING);
    assert_eq!(search(&world, &"x".repeat(55)).await, [1], "fifty characters of a word count");
    assert_eq!(search(&world, &"y".repeat(5_000)).await, NOTHING);
    assert_eq!(search(&world, &"e".repeat(5_000)).await, [1]);
    // The widest letters there are, and one that becomes eighteen.
    make(&world, 2, [&"𝄞".repeat(200), &"ﷺ".repeat(500), &"ﷺ ".repeat(5_000)]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn changed_texts_are_found_and_former_ones_and_deleted_events_are_not() {
    let world = World::start().await;
    let id = make(&world, 1, ["Proms", "London", "d"]).await;
    let change = json!({ "id": id.to_string(), "name": "Ballet" });
    assert_eq!(world.admin.post("/event/update/", &change).await.status, 201);
    assert_eq!((search(&world, "proms").await, search(&world, "ballet").await), (vec![], vec![1]));
    world.admin.delete(&format!("/event/?id={id}")).await;
    assert_eq!(search(&world, "ballet").await, NOTHING);
}

#[tokio::test(flavor = "multi_thread")]
async fn from_is_inclusive_to_is_exclusive_and_odd_ones_count_as_not_given() {
    let world = World::start().await;
    for time in [10, 20, 20, 30] {
        world.event(time, 5).await;
    }
    for (query, found) in [
        ("from=20", vec![20, 20, 30]),
        ("from=21", vec![30]),
        ("to=20", vec![10]),
        ("to=21", vec![10, 20, 20]),
        ("from=20&to=30", vec![20, 20]),
        ("from=30&to=20", vec![]),
        ("from=20&to=20", vec![]),
        ("from=1", vec![10, 20, 20, 30]),
        ("to=1", vec![]),
        ("from=9223372036854775807", vec![]),
        ("to=9223372036854775807", vec![10, 20, 20, 30]),
        ("from=20&timestamp=20", vec![30]),
        ("from=20&timestamp=5&limit=1", vec![20, 20]),
        ("to=30&limit=1", vec![10]),
        ("to=30&limit=1&timestamp=10", vec![20, 20]),
        ("to=30&limit=1&timestamp=20", vec![]),
        ("q=n&from=11&to=30&limit=1", vec![20, 20]),
    ] {
        assert_eq!(list(&world, query).await, found, "{query}");
    }
    for odd in ["", "0", "-1", "1.0", "x", "%00", "+5", "9223372036854775808"] {
        assert_eq!(list(&world, &format!("from={odd}&to={odd}")).await, [10, 20, 20, 30], "{odd}");
    }
}

/// Whatever an event's terms are, it is listed with the status that it has, and with no other.
#[tokio::test(flavor = "multi_thread")]
async fn each_event_is_listed_with_the_status_that_it_is_answered_with() {
    let world = World::start().await;
    let (past, future) = ([100, 200], [4_000_000_000_i64, 4_100_000_000]);
    let (opens, closes) = ([None, Some(past[0]), Some(future[0])], [None, Some(past[1]), Some(future[1])]);
    let mut expected = Vec::new();
    for opens in opens {
        for closes in
            closes.into_iter().filter(|closes| opens.is_none() || closes.is_none_or(|it| Some(it) > opens))
        {
            for (paused, cancelled) in [(false, false), (true, false), (false, true), (true, true)] {
                let unix_time = i64::try_from(expected.len()).unwrap() + 1;
                let body = json!({ "name": "n", "unix_time": unix_time, "address": "a", "description": "d",
                    "seat_count": 10, "on_sale_unix_time": opens, "off_sale_unix_time": closes, "paused": paused });
                let id = world.create(&body).await;
                if cancelled {
                    world.admin.post("/event/cancel/", &json!({ "id": id.to_string() })).await;
                }
                expected.push(match (cancelled, closes, paused, opens) {
                    (true, ..) => "cancelled",
                    (_, Some(200), ..) => "closed",
                    (_, _, true, _) => "paused",
                    (.., Some(4_000_000_000)) => "scheduled",
                    _ => "on_sale",
                });
            }
        }
    }
    assert_eq!(expected.iter().copied().collect::<BTreeSet<_>>(), STATUSES.into(), "all occur");
    let all = world.anyone.get("/event/?limit=100").await.body;
    let statuses = |page: &Value| -> Vec<String> {
        let events = page["events"].as_array().unwrap();
        events.iter().map(|event| event["status"].as_str().unwrap().to_owned()).collect()
    };
    assert_eq!(statuses(&all), expected);
    for status in STATUSES {
        for and in ["", "&q=n"] {
            let page = world.anyone.get(&format!("/event/?limit=100&status={status}{and}")).await;
            let wanted: Vec<i64> =
                (1..).zip(&expected).filter(|(_, it)| **it == status).map(|(time, _)| time).collect();
            assert_eq!(times(&page), wanted, "{status}{and}");
            assert!(statuses(&page.body).iter().all(|it| it == status), "{status}{and}");
        }
    }
    for odd in ["", "sold_out", "ON_SALE", "on_sale%20", "%00"] {
        assert_eq!(list(&world, &format!("limit=100&status={odd}")).await.len(), expected.len(), "{odd}");
    }
    assert_eq!(
        list(&world, "limit=100&status=x&status=paused").await.len(),
        expected.len(),
        "the first counts"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn paging_skips_nothing_and_repeats_nothing_with_any_filter() {
    let world = World::start().await;
    // Ten events at each second; every third has the word, and is paused.
    for time in 1..=12 {
        world.fill(10, time);
    }
    world.database.execute(
        "UPDATE events SET name = 'rare', paused = true WHERE id IN \
         (SELECT id FROM (SELECT id, row_number() OVER (ORDER BY unix_time, id) AS n FROM events) AS e WHERE n % 3 = 0)",
    );
    let all = |condition: &str| -> Vec<String> {
        let ids = world
            .database
            .execute(&format!("SELECT id FROM events WHERE {condition} ORDER BY unix_time, id"));
        ids.lines().map(str::to_owned).collect()
    };
    for (query, condition) in [
        ("q=rare", "paused"),
        ("status=paused", "paused"),
        ("status=on_sale", "NOT paused"),
        ("q=rare&status=on_sale", "false"),
        ("q=ra&from=3&to=9", "paused AND unix_time BETWEEN 3 AND 8"),
        ("status=paused&from=3&to=9", "paused AND unix_time BETWEEN 3 AND 8"),
        ("from=4", "unix_time >= 4"),
    ] {
        for limit in [1, 4, 5, 100] {
            assert_eq!(
                pages(&world, &format!("{query}&limit={limit}")).await,
                all(condition),
                "{query} {limit}"
            );
        }
    }
}

/// The plan of the statement as it is carried out: which index it reads, and that it does not read the whole table.
async fn assert_reads(query: &str, index: &str) {
    let world = World::start().await;
    for time in 1..=3 {
        world.fill(2_000, time);
    }
    // This reads the whole table; it is counted before the server answers, not some time after.
    world.database.execute(
        "UPDATE events SET name = 'Needle' WHERE id = (SELECT max(id::text)::uuid FROM events); \
         SELECT pg_stat_force_next_flush()",
    );
    let numbers = || -> Vec<u64> {
        let statistics = format!(
            "SELECT idx_scan FROM pg_stat_user_indexes WHERE indexrelname = '{index}'; \
             SELECT seq_tup_read FROM pg_stat_user_tables WHERE relname = 'events'"
        );
        world.database.execute(&statistics).lines().map(|line| line.parse().unwrap()).collect()
    };
    let before = numbers();
    let deadline = tokio::time::Instant::now() + Duration::from_secs(60);
    // The server counts with a delay.
    while numbers()[0] == before[0] {
        assert!(tokio::time::Instant::now() < deadline, "{query} does not read {index}");
        assert_eq!(list(&world, query).await.is_empty(), query.contains("absent"), "{query}");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    assert_eq!(numbers()[1], before[1], "{query} reads the whole table");
}

#[tokio::test(flavor = "multi_thread")]
async fn among_thousands_of_events_a_search_reads_the_index_of_words() {
    assert_reads("q=needle", "events_by_words").await;
    assert_reads("q=needle+absent", "events_by_words").await;
    assert_reads("q=needle&from=1&to=4&status=on_sale&limit=3", "events_by_words").await;
    assert_reads("q=n&from=3", "events_by_words").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn among_thousands_of_events_a_listing_reads_the_index_of_times() {
    assert_reads("timestamp=2&limit=1", "events_by_time").await;
    assert_reads("from=3&limit=1", "events_by_time").await;
    assert_reads("to=2&limit=1", "events_by_time").await;
    assert_reads("status=on_sale&timestamp=2&limit=1", "events_by_time").await;
}

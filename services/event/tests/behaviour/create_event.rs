//! `POST /event/`

use std::time::{Duration, Instant};

use futures_util::future::join_all;
use reqwest::Method;
use serde_json::{Value, json};

use crate::{ticketing::Mood, world::World};

pub(crate) fn proms() -> Value {
    json!({
        "name": "Last night of the Proms",
        "unix_time": 1_900_000_000,
        "address": "Royal Albert Hall, London",
        "description": "With the BBC Symphony Orchestra",
        "latitude": 51.5009,
        "longitude": -0.1774,
        "seat_count": 100,
    })
}

/// The same event with one field changed.
fn proms_with(field: &str, value: Value) -> Value {
    let mut event = proms();
    event[field] = value;
    event
}

#[tokio::test(flavor = "multi_thread")]
async fn an_event_is_created_and_answered_with_its_location() {
    let world = World::start().await;
    let answer = world.admin.post("/event/", &proms()).await;
    assert_eq!((answer.status, &answer.body), (201, &Value::Null));
    let place = answer.location.unwrap();
    let event = world.anyone.get(&place).await.body;
    let id = event["id"].as_str().unwrap();
    assert_eq!(place, format!("/event/{id}/"));
    assert!(id.ends_with("00000000") && id == id.to_lowercase(), "{id}");
    let mut expected = proms();
    expected["id"] = json!(id);
    expected["available_seats_count"] = json!(100);
    expected["status"] = json!("on_sale");
    assert_eq!(event, expected);
}

#[tokio::test(flavor = "multi_thread")]
async fn coordinates_may_be_left_out_and_are_left_out_then() {
    let world = World::start().await;
    let mut event = proms_with("latitude", Value::Null);
    event.as_object_mut().unwrap().remove("longitude");
    let id = world.create(&event).await;
    let seen = world.anyone.get(&format!("/event/{id}/")).await.body;
    assert!(seen.get("latitude").is_none() && seen.get("longitude").is_none(), "{seen}");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_whole_state_is_published_in_the_feed() {
    let world = World::start().await;
    let id = world.create(&proms()).await;
    let mut expected = proms();
    expected["event_id"] = json!(id.to_string());
    expected["version"] = json!(1);
    expected["deleted"] = json!(false);
    expected["sale"] = json!({});
    assert_eq!(world.published(), [expected]);
    let feed = world.anyone.get("/internal/feed?timeout=2000").await.body;
    assert_eq!(feed[0]["type"], "booked.event.state");
    assert_eq!((&feed[0]["source"], &feed[0]["subject"]), (&json!("/event"), &json!(id.to_string())));
}

#[tokio::test(flavor = "multi_thread")]
async fn ticketing_has_caught_up_before_the_answer() {
    let world = World::start().await;
    world.create(&proms()).await;
    assert_eq!(world.ticketing.catch_ups(), [world.last_position()]);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_event_is_created_even_if_ticketing_fails_or_hangs() {
    let world = World::start().await;
    for mood in [Mood::Fails, Mood::Hangs] {
        world.ticketing.be(mood);
        let start = Instant::now();
        world.create(&proms()).await;
        assert!(start.elapsed() < Duration::from_secs(2), "{mood:?}: {:?}", start.elapsed());
    }
    assert_eq!(world.published().len(), 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn all_that_is_within_the_bounds_is_accepted() {
    let world = World::start().await;
    for (field, value) in [
        ("name", json!("é".repeat(200))),
        ("name", json!(" ")),
        ("unix_time", json!(1)),
        ("unix_time", json!(253_402_300_799_i64)),
        ("address", json!("a".repeat(500))),
        ("description", json!("𝄞".repeat(10_000))),
        ("latitude", json!(-90)),
        ("longitude", json!(180)),
        ("seat_count", json!(1)),
        ("seat_count", json!(1_000_000)),
        ("unknown", json!({ "is": ["ignored"] })),
    ] {
        let id = world.create(&proms_with(field, value.clone())).await;
        let seen = world.anyone.get(&format!("/event/{id}/")).await.body;
        if field != "unknown" && value.is_string() {
            assert_eq!(seen[field], value, "{field}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_out_of_bounds_is_refused_with_its_code() {
    let world = World::start().await;
    for (field, values, code) in [
        ("seat_count", json!([0, -1, 1_000_001, i64::MAX, i64::MIN, null]), "EVENT-01"),
        ("name", json!(["", null, "a".repeat(201)]), "EVENT-04"),
        ("address", json!(["", null, "a".repeat(501)]), "EVENT-04"),
        ("description", json!(["", null, "a".repeat(10_001)]), "EVENT-04"),
        ("unix_time", json!([null, 0, -1, 253_402_300_800_i64, i64::MAX]), "EVENT-04"),
        ("latitude", json!([null, 90.01, -90.01, 1e300]), "EVENT-04"),
        ("longitude", json!([null, 180.01, -180.01]), "EVENT-04"),
        ("name", json!([1, true, [], {}, "a\u{0}b"]), "SYS-01"),
        ("seat_count", json!(["1", 1.5, 1.0, 1e3, u64::MAX]), "SYS-01"),
        ("unix_time", json!(["1", 1.0, []]), "SYS-01"),
        ("latitude", json!(["1", []]), "SYS-01"),
    ] {
        for value in values.as_array().unwrap() {
            let answer = world.admin.post("/event/", &proms_with(field, value.clone())).await;
            assert_eq!(answer.error(), (400, code), "{field} {value}");
        }
    }
    assert!(world.published().is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_second_takes_a_thousand_events_however_many_are_made_at_once() {
    let world = World::start().await;
    world.fill(995, 7);
    let seventh = proms_with("unix_time", json!(7));
    let answers = join_all((0..15).map(|_| world.admin.post("/event/", &seventh))).await;
    let made = answers.iter().filter(|answer| answer.status == 201).count();
    assert_eq!(made, 5, "{answers:?}");
    let refused = answers.iter().filter(|answer| answer.status != 201);
    assert!(refused.into_iter().all(|answer| answer.error() == (400, "EVENT-04")), "{answers:?}");
    world.create(&proms_with("unix_time", json!(8))).await;

    world
        .database
        .execute("UPDATE events SET deleted_at = now() WHERE id = (SELECT min(id::text)::uuid FROM events)");
    world.create(&seventh).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn counts_are_judged_before_the_other_fields() {
    let world = World::start().await;
    assert_eq!(world.admin.post("/event/", &json!({})).await.error(), (400, "EVENT-01"));
    assert_eq!(world.admin.post("/event/", &json!({ "seat_count": 1 })).await.error(), (400, "EVENT-04"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_body_that_is_no_object_is_refused() {
    let world = World::start().await;
    for body in ["", "null", "[]", "\"x\"", "{", "{}{}", "{\"name\": \"\u{1}\"}", "\u{feff}{}"] {
        let answer = world.admin.send(Method::POST, "/event/", body.into()).await;
        assert_eq!(answer.error(), (400, "SYS-01"), "{body:?}");
    }
    let answer = world.admin.send(Method::POST, "/event/", b"{\"x\": \"\xff\"}".to_vec()).await;
    assert_eq!(answer.error(), (400, "SYS-01"));
}

#[tokio::test(flavor = "multi_thread")]
async fn only_admins_create_events() {
    let world = World::start().await;
    assert_eq!(world.user.post("/event/", &json!(0)).await.error(), (401, "USER-01"));
    assert_eq!(world.anyone.post("/event/", &json!(0)).await.error(), (401, "USER-06"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_caller_without_the_internal_credential_is_refused() {
    let world = World::start().await;
    let url = format!("http://{}/event/", world.service.bound.traffic);
    let answer = reqwest::Client::new().get(url).header("x-booked-user-role", "admin").send().await.unwrap();
    assert_eq!(answer.status(), 401);
}

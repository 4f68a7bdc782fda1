//! `POST /event/update/`

use booked_ids::EventId;
use futures_util::future::join_all;
use serde_json::{Value, json};

use crate::{create_event::proms, world::World};

/// Changes an event, and fails the test if the change is refused.
async fn update(world: &World, id: EventId, mut change: Value) {
    change["id"] = json!(id.to_string());
    let answer = world.admin.post("/event/update/", &change).await;
    assert_eq!((answer.status, &answer.body), (201, &Value::Null), "{change}");
}

async fn seen(world: &World, id: EventId) -> Value {
    world.anyone.get(&format!("/event/{id}/")).await.body
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_named_changes_and_nothing_else() {
    let world = World::start().await;
    let id = world.create(&proms()).await;
    for (field, value) in [
        ("name", json!("First night")),
        ("unix_time", json!(1)),
        ("address", json!("Elsewhere")),
        ("description", json!("Other")),
        ("latitude", json!(1.25)),
        ("longitude", json!(-2.5)),
        ("seat_count", json!(101)),
    ] {
        let mut expected = seen(&world, id).await;
        update(&world, id, json!({ field: value, "unknown": 1 })).await;
        expected[field] = value;
        if field == "seat_count" {
            expected["available_seats_count"] = json!(101);
        }
        assert_eq!(seen(&world, id).await, expected);
    }
    let versions: Vec<_> = world.published().iter().map(|state| state["version"].as_i64().unwrap()).collect();
    assert_eq!((versions.len(), versions[0]), (8, 1));
    assert!(versions.is_sorted_by(|one, next| one < next), "{versions:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_change_of_nothing_succeeds_and_is_not_published() {
    let world = World::start().await;
    let id = world.create(&proms()).await;
    update(&world, id, json!({})).await;
    update(&world, id, json!({ "name": null, "seat_count": null, "latitude": null })).await;
    update(&world, id, proms()).await;
    assert_eq!(world.published().len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn ticketing_has_caught_up_before_an_update_that_changed_something_is_answered() {
    let world = World::start().await;
    let id = world.create(&proms()).await;
    for (number, change) in [json!({ "name": "Other" }), json!({ "seat_count": 101 })].into_iter().enumerate()
    {
        update(&world, id, change).await;
        assert_eq!(world.ticketing.catch_ups().last().unwrap(), &world.last_position());
        assert_eq!(world.ticketing.catch_ups().len(), number + 2, "one of the creation");
    }
    update(&world, id, json!({ "seat_count": 101 })).await;
    assert_eq!(world.ticketing.catch_ups().len(), 3, "nothing has changed");
}

#[tokio::test(flavor = "multi_thread")]
async fn no_event_is_moved_to_a_second_that_is_full() {
    let world = World::start().await;
    world.fill(1_000, 7);
    let id = world.event(8, 10).await;
    let moved = json!({ "id": id.to_string(), "unix_time": 7 });
    assert_eq!(world.admin.post("/event/update/", &moved).await.error(), (400, "EVENT-04"));
    assert_eq!(seen(&world, id).await["unix_time"], 8);

    let listed = world.anyone.get("/event/?limit=1").await.body;
    let one_of_them = listed["events"][0]["id"].as_str().unwrap().parse().unwrap();
    let one_of_them = EventId::from_uuid(one_of_them).unwrap();
    update(&world, one_of_them, json!({ "name": "Other", "unix_time": 7 })).await;
    update(&world, one_of_them, json!({ "unix_time": 9 })).await;
    update(&world, id, json!({ "unix_time": 7 })).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn seats_cannot_be_taken_away() {
    let world = World::start().await;
    let id = world.create(&proms()).await;
    let answer = world.admin.post("/event/update/", &json!({ "id": id.to_string(), "seat_count": 99 })).await;
    assert_eq!(answer.error(), (400, "EVENT-05"));
    assert_eq!(seen(&world, id).await["seat_count"], 100);
}

#[tokio::test(flavor = "multi_thread")]
async fn coordinates_are_judged_on_the_result() {
    let world = World::start().await;
    let bare = world.event(1, 10).await;
    let half = json!({ "id": bare.to_string(), "latitude": 1.0 });
    assert_eq!(world.admin.post("/event/update/", &half).await.error(), (400, "EVENT-04"));
    update(&world, bare, json!({ "latitude": 1.0, "longitude": 2.0 })).await;
    update(&world, bare, json!({ "latitude": 3.0 })).await;
    let event = seen(&world, bare).await;
    assert_eq!((&event["latitude"], &event["longitude"]), (&json!(3.0), &json!(2.0)));
}

#[tokio::test(flavor = "multi_thread")]
async fn the_first_check_that_fails_answers() {
    let world = World::start().await;
    let id = world.create(&proms()).await.to_string();
    let unknown = EventId::new(5, [3; 16]).to_string();
    for (change, code) in [
        (json!({ "id": 5, "seat_count": 0 }), "SYS-01"),
        (json!({ "id": "x", "seat_count": "y" }), "SYS-01"),
        (json!({ "seat_count": 0 }), "EVENT-02"),
        (json!({ "id": null, "name": "" }), "EVENT-02"),
        (json!({ "id": "x", "seat_count": 0 }), "EVENT-02"),
        (json!({ "id": id.replace('-', ""), "seat_count": 0 }), "EVENT-02"),
        (json!({ "id": unknown, "seat_count": 0, "name": "" }), "EVENT-01"),
        (json!({ "id": id, "seat_count": 1_000_001 }), "EVENT-01"),
        (json!({ "id": unknown, "name": "" }), "EVENT-04"),
        (json!({ "id": unknown, "unix_time": 0 }), "EVENT-04"),
        (json!({ "id": unknown, "longitude": 181 }), "EVENT-04"),
        (json!({ "id": unknown, "seat_count": 1, "latitude": 1 }), "EVENT-03"),
        (json!({ "id": "00000000-0000-4000-8000-000000000000" }), "EVENT-03"),
        (json!({ "id": id, "seat_count": 1, "name": "a".repeat(201) }), "EVENT-04"),
    ] {
        let answer = world.admin.post("/event/update/", &change).await;
        assert_eq!(answer.error(), (400, code), "{change}");
    }
    assert_eq!(world.published().len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_change_is_newer_than_one_that_was_published_and_then_lost_in_a_failover() {
    let world = World::start().await;
    let id = world.event(1, 100).await;
    update(&world, id, json!({ "seat_count": 200 })).await;
    let lost = world.published().pop().unwrap();
    // A standby takes over that never had this change.
    world.database.execute(
        "UPDATE events SET version = 1, seat_count = 100; DELETE FROM outbox WHERE data->>'version' <> '1'",
    );
    update(&world, id, json!({ "seat_count": 300 })).await;
    let next = world.published().pop().unwrap();
    assert_eq!((&lost["seat_count"], &next["seat_count"]), (&json!(200), &json!(300)));
    assert!(
        next["version"].as_i64() > lost["version"].as_i64(),
        "{} after {}",
        next["version"],
        lost["version"]
    );

    world.database.execute("UPDATE events SET version = 1");
    assert_eq!(world.admin.delete(&format!("/event/?id={id}")).await.status, 200);
    let deleted = world.published().pop().unwrap();
    assert!(deleted["version"].as_i64() > next["version"].as_i64(), "so is a deletion");
}

#[tokio::test(flavor = "multi_thread")]
async fn changes_at_once_come_one_after_the_other() {
    let world = World::start().await;
    let id = world.event(1, 1).await;
    let grow = |seat_count: i64| {
        let world = &world;
        async move {
            let change = json!({ "id": id.to_string(), "seat_count": seat_count });
            world.admin.post("/event/update/", &change).await.status
        }
    };
    let statuses = join_all((2..=20).map(grow)).await;
    assert!(statuses.contains(&201), "{statuses:?}");
    assert!(statuses.iter().all(|status| [201, 400].contains(status)), "{statuses:?}");
    assert_eq!(seen(&world, id).await["seat_count"], 20, "the largest always fits");
    let mut states: Vec<(i64, i64)> = world
        .published()
        .iter()
        .map(|state| (state["version"].as_i64().unwrap(), state["seat_count"].as_i64().unwrap()))
        .collect();
    states.sort_unstable();
    assert!(states.windows(2).all(|pair| pair[0].0 < pair[1].0 && pair[0].1 < pair[1].1), "{states:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn only_admins_change_events() {
    let world = World::start().await;
    assert_eq!(world.user.post("/event/update/", &json!(0)).await.error(), (401, "USER-01"));
    assert_eq!(world.anyone.post("/event/update/", &json!(0)).await.error(), (401, "USER-06"));
}

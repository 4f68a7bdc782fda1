//! When and to whom an event sells: what is accepted, and what is answered.

use booked_ids::EventId;
use serde_json::{Value, json};

use crate::{create_event::proms, world::World};

/// The last second of the year 9999.
const LATEST: i64 = 253_402_300_799;

pub(crate) fn with_terms(mut terms: Value) -> Value {
    for (name, value) in proms().as_object().unwrap() {
        terms[name] = value.clone();
    }
    terms
}

async fn seen(world: &World, id: EventId) -> Value {
    world.anyone.get(&format!("/event/{id}/")).await.body
}

/// What an event has of terms.
async fn terms(world: &World, id: EventId) -> [Value; 5] {
    let event = seen(world, id).await;
    ["on_sale_unix_time", "off_sale_unix_time", "paused", "max_per_buyer", "status"]
        .map(|name| event.get(name).cloned().unwrap_or_default())
}

async fn update(world: &World, id: EventId, mut change: Value) -> (u16, String) {
    change["id"] = json!(id.to_string());
    let answer = world.admin.post("/event/update/", &change).await;
    (answer.status, answer.body["category_code"].as_str().unwrap_or_default().to_owned())
}

#[tokio::test(flavor = "multi_thread")]
async fn terms_are_stored_answered_and_told_as_they_are_set() {
    let world = World::start().await;
    let all =
        json!({ "on_sale_unix_time": 5, "off_sale_unix_time": LATEST, "paused": true, "max_per_buyer": 4 });
    let id = world.create(&with_terms(all.clone())).await;
    assert_eq!(terms(&world, id).await, [json!(5), json!(LATEST), json!(true), json!(4), json!("paused")]);
    assert_eq!(world.published()[0]["sale"], all);
    let page = world.anyone.get("/event/").await.body;
    assert_eq!(page["events"][0], seen(&world, id).await);
}

#[tokio::test(flavor = "multi_thread")]
async fn terms_that_are_not_set_are_left_out_of_answers() {
    let world = World::start().await;
    let none = json!({ "on_sale_unix_time": null, "off_sale_unix_time": null, "paused": null, "max_per_buyer": null });
    for terms in [none, json!({ "paused": false })] {
        let id = world.create(&with_terms(terms)).await;
        let event = seen(&world, id).await;
        for name in ["on_sale_unix_time", "off_sale_unix_time", "paused", "max_per_buyer"] {
            assert_eq!(event.get(name), None, "{event}");
        }
        assert_eq!(event["status"], "on_sale");
        assert_eq!(world.published().last().unwrap()["sale"], json!({}));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn all_terms_within_the_bounds_are_accepted() {
    let world = World::start().await;
    for terms in [
        json!({ "on_sale_unix_time": 1 }),
        json!({ "on_sale_unix_time": LATEST }),
        json!({ "off_sale_unix_time": 1 }),
        json!({ "off_sale_unix_time": LATEST }),
        json!({ "on_sale_unix_time": 1, "off_sale_unix_time": 2 }),
        json!({ "max_per_buyer": 1 }),
        json!({ "max_per_buyer": 100 }),
    ] {
        world.create(&with_terms(terms)).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn terms_out_of_bounds_are_refused_and_change_nothing() {
    let world = World::start().await;
    let kept = json!({ "on_sale_unix_time": 100, "off_sale_unix_time": 200, "max_per_buyer": 4 });
    let id = world.create(&with_terms(kept)).await;
    let before = seen(&world, id).await;
    for (bad, code) in [
        (json!({ "on_sale_unix_time": -1 }), "EVENT-04"),
        (json!({ "on_sale_unix_time": LATEST + 1 }), "EVENT-04"),
        (json!({ "off_sale_unix_time": i64::MIN }), "EVENT-04"),
        (json!({ "off_sale_unix_time": i64::MAX }), "EVENT-04"),
        (json!({ "on_sale_unix_time": 7, "off_sale_unix_time": 7 }), "EVENT-04"),
        (json!({ "on_sale_unix_time": 7, "off_sale_unix_time": 6 }), "EVENT-04"),
        (json!({ "max_per_buyer": -1 }), "EVENT-04"),
        (json!({ "max_per_buyer": 101 }), "EVENT-04"),
        (json!({ "max_per_buyer": i64::from(u32::MAX) + 2 }), "EVENT-04"),
        (json!({ "on_sale_unix_time": "7" }), "SYS-01"),
        (json!({ "on_sale_unix_time": 7.0 }), "SYS-01"),
        (json!({ "off_sale_unix_time": true }), "SYS-01"),
        (json!({ "paused": 1 }), "SYS-01"),
        (json!({ "paused": "true" }), "SYS-01"),
        (json!({ "max_per_buyer": [4] }), "SYS-01"),
    ] {
        let answer = world.admin.post("/event/", &with_terms(bad.clone())).await;
        assert_eq!(answer.error(), (400, code), "{bad}");
        assert_eq!(update(&world, id, bad.clone()).await, (400, code.to_owned()), "{bad}");
    }
    // Only an update takes something away.
    for zero in ["on_sale_unix_time", "off_sale_unix_time", "max_per_buyer"] {
        assert_eq!(
            world.admin.post("/event/", &with_terms(json!({ zero: 0 }))).await.error(),
            (400, "EVENT-04"),
            "{zero}"
        );
    }
    assert_eq!(seen(&world, id).await, before);
    assert_eq!(world.published().len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_wrong_names_the_field() {
    let world = World::start().await;
    for (field, bad) in [("on_sale_unix_time", -1), ("off_sale_unix_time", -1), ("max_per_buyer", 101)] {
        let answer = world.admin.post("/event/", &with_terms(json!({ field: bad }))).await;
        assert!(answer.body["error"].as_str().unwrap().starts_with(field), "{answer:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_update_changes_the_terms_that_it_names_and_0_takes_them_away() {
    let world = World::start().await;
    let id = world.create(&proms()).await;
    let done = (201, String::new());
    let null = Value::Null;
    let closed = json!("closed");
    assert_eq!(update(&world, id, json!({ "on_sale_unix_time": 5, "off_sale_unix_time": 9 })).await, done);
    assert_eq!(terms(&world, id).await, [json!(5), json!(9), null.clone(), null.clone(), closed.clone()]);
    assert_eq!(
        update(&world, id, json!({ "max_per_buyer": 2, "paused": true, "on_sale_unix_time": null })).await,
        done
    );
    assert_eq!(terms(&world, id).await, [json!(5), json!(9), json!(true), json!(2), closed.clone()]);
    assert_eq!(update(&world, id, json!({ "paused": false, "max_per_buyer": 0 })).await, done);
    assert_eq!(terms(&world, id).await, [json!(5), json!(9), null.clone(), null.clone(), closed]);
    assert_eq!(update(&world, id, json!({ "off_sale_unix_time": 0 })).await, done);
    assert_eq!(update(&world, id, json!({ "on_sale_unix_time": 0 })).await, done);
    assert_eq!(
        update(&world, id, json!({ "on_sale_unix_time": 0 })).await,
        done,
        "nothing is left to take away"
    );
    let none = [null.clone(), null.clone(), null.clone(), null, json!("on_sale")];
    assert_eq!(terms(&world, id).await, none);
    assert_eq!(world.published().last().unwrap()["sale"], json!({}));
    assert_eq!(seen(&world, id).await["name"], proms()["name"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_end_that_is_not_after_the_beginning_is_judged_on_the_result() {
    let world = World::start().await;
    let id = world.create(&with_terms(json!({ "on_sale_unix_time": 100, "off_sale_unix_time": 200 }))).await;
    for (change, answer) in [
        (json!({ "on_sale_unix_time": 200 }), (400, "EVENT-04")),
        (json!({ "off_sale_unix_time": 100 }), (400, "EVENT-04")),
        (json!({ "on_sale_unix_time": 300, "off_sale_unix_time": 400 }), (201, "")),
        (json!({ "on_sale_unix_time": 0, "off_sale_unix_time": 50 }), (201, "")),
        (json!({ "on_sale_unix_time": 50 }), (400, "EVENT-04")),
        (json!({ "on_sale_unix_time": 50, "off_sale_unix_time": 0 }), (201, "")),
    ] {
        assert_eq!(update(&world, id, change.clone()).await, (answer.0, answer.1.to_owned()), "{change}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn existence_is_judged_after_the_terms_and_before_their_order() {
    let world = World::start().await;
    let unknown = EventId::new(5, [3; 16]);
    let beyond = json!({ "max_per_buyer": 101 });
    assert_eq!(update(&world, unknown, beyond).await, (400, "EVENT-04".to_owned()));
    let reversed = json!({ "on_sale_unix_time": 7, "off_sale_unix_time": 6 });
    assert_eq!(update(&world, unknown, reversed).await, (400, "EVENT-03".to_owned()));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_release_before_leaves_the_terms_alone() {
    let world = World::start().await;
    let kept = json!({ "on_sale_unix_time": 5, "off_sale_unix_time": 9, "paused": true, "max_per_buyer": 4 });
    let id = world.create(&with_terms(kept.clone())).await;
    // As that release writes: with the columns that it knows.
    world.database.execute(&format!(
        "UPDATE events SET version = version + 1, name = 'Other', unix_time = 7, address = 'a', description = 'd', \
         latitude = NULL, longitude = NULL, seat_count = 101 WHERE id = '{id}'"
    ));
    let event = seen(&world, id).await;
    assert_eq!(event["name"], "Other");
    for (name, value) in kept.as_object().unwrap() {
        assert_eq!(&event[name], value, "{name}");
    }
    let made = EventId::new(7, [7; 16]);
    world.database.execute(&format!(
        "INSERT INTO events (id, version, name, unix_time, address, description, latitude, longitude, seat_count, \
         created_at) VALUES ('{made}', 1, 'n', 5, 'a', 'd', NULL, NULL, 5, now())"
    ));
    assert_eq!(seen(&world, made).await["status"], "on_sale");
}

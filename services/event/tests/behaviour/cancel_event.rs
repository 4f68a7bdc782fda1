//! `POST /event/cancel/`

use booked_ids::EventId;
use serde_json::{Value, json};

use crate::{create_event::proms, sale_terms::with_terms, world::World};

async fn cancel(world: &World, id: EventId, reason: Value) {
    let answer = world.admin.post("/event/cancel/", &json!({ "id": id.to_string(), "reason": reason })).await;
    assert_eq!((answer.status, &answer.body), (200, &Value::Null), "{answer:?}");
}

async fn seen(world: &World, id: EventId) -> Value {
    world.anyone.get(&format!("/event/{id}/")).await.body
}

#[tokio::test(flavor = "multi_thread")]
async fn a_cancelled_event_says_so_and_keeps_all_else() {
    let world = World::start().await;
    let id = world
        .create(&with_terms(json!({ "on_sale_unix_time": 5, "paused": true, "max_per_buyer": 4 })))
        .await;
    let mut expected = seen(&world, id).await;
    cancel(&world, id, json!("Rain")).await;
    expected["status"] = json!("cancelled");
    assert_eq!(seen(&world, id).await, expected, "the reason is for those who have tickets or wait");
    assert_eq!(
        world.published().last().unwrap()["sale"],
        json!({ "on_sale_unix_time": 5, "paused": true, "max_per_buyer": 4, "cancelled": true, "cancel_reason": "Rain" })
    );
    assert_eq!(world.published().last().unwrap()["deleted"], false);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_repeated_cancel_is_success_and_the_first_reason_stays() {
    let world = World::start().await;
    let (with, without) = (world.event(1, 10).await, world.event(2, 10).await);
    for (id, first, stays) in [(with, json!("Rain"), json!("Rain")), (without, json!(null), Value::Null)] {
        cancel(&world, id, first).await;
        let version = world.published().last().unwrap()["version"].as_i64();
        for reason in [json!("Snow"), json!(""), Value::Null] {
            cancel(&world, id, reason).await;
        }
        let last = world.published().pop().unwrap();
        assert_eq!(last["sale"].get("cancel_reason").cloned().unwrap_or_default(), stays);
        assert_eq!(last["sale"]["cancelled"], true);
        assert!(last["version"].as_i64() > version);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_first_check_that_fails_answers() {
    let world = World::start().await;
    let id = world.create(&proms()).await;
    let unknown = EventId::new(5, [3; 16]).to_string();
    let deleted = world.event(1, 10).await;
    assert_eq!(world.admin.delete(&format!("/event/?id={deleted}")).await.status, 200);
    let told = world.published().len();
    let long = "é".repeat(1_001);
    for (body, code) in [
        (json!([]), "SYS-01"),
        (json!({ "id": 5, "reason": long }), "SYS-01"),
        (json!({ "id": "x", "reason": 5 }), "SYS-01"),
        (json!({ "id": "x", "reason": "a\u{0}b" }), "SYS-01"),
        (json!({}), "EVENT-02"),
        (json!({ "id": null }), "EVENT-02"),
        (json!({ "id": "x", "reason": long }), "EVENT-02"),
        (json!({ "id": id.to_string().replace('-', ""), "reason": long }), "EVENT-02"),
        (json!({ "id": unknown, "reason": long }), "EVENT-04"),
        (json!({ "id": id.to_string(), "reason": long }), "EVENT-04"),
        (json!({ "id": unknown, "reason": "é".repeat(1_000) }), "EVENT-03"),
        (json!({ "id": "00000000-0000-4000-8000-000000000000" }), "EVENT-03"),
        (json!({ "id": deleted.to_string() }), "EVENT-03"),
    ] {
        let answer = world.admin.post("/event/cancel/", &body).await;
        assert_eq!(answer.error(), (400, code), "{body}");
    }
    assert_eq!(world.published().len(), told);
    assert_eq!(seen(&world, id).await["status"], "on_sale");
    cancel(&world, id, json!("𝄞".repeat(1_000))).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn of_a_cancelled_event_only_texts_can_be_updated() {
    let world = World::start().await;
    let id = world.create(&with_terms(json!({ "on_sale_unix_time": 5 }))).await;
    cancel(&world, id, json!("Rain")).await;
    let before = seen(&world, id).await;
    let update = async |mut change: Value| {
        change["id"] = json!(id.to_string());
        world.admin.post("/event/update/", &change).await
    };
    for change in [
        json!({ "unix_time": 1 }),
        json!({ "latitude": 1.5 }),
        json!({ "longitude": 1.5 }),
        json!({ "seat_count": 101 }),
        json!({ "seat_count": 99 }),
        json!({ "on_sale_unix_time": 6 }),
        json!({ "on_sale_unix_time": 0 }),
        json!({ "off_sale_unix_time": 6 }),
        json!({ "off_sale_unix_time": 4 }),
        json!({ "paused": true }),
        json!({ "max_per_buyer": 1 }),
        json!({ "name": "Other", "paused": true }),
    ] {
        assert_eq!(update(change.clone()).await.error(), (409, "EVENT-08"), "{change}");
    }
    assert_eq!(update(json!({ "max_per_buyer": 101 })).await.error(), (400, "EVENT-04"));
    assert_eq!(seen(&world, id).await, before);

    // What is named and stays as it is does not change.
    let mut same = with_terms(json!({ "on_sale_unix_time": 5, "off_sale_unix_time": 0, "paused": false }));
    same["name"] = json!("Other");
    same["address"] = json!("Elsewhere");
    same["description"] = json!("Moved");
    assert_eq!(update(same).await.status, 201);
    assert_eq!(update(json!({ "name": "Other again" })).await.status, 201);
    let mut expected = before;
    expected["name"] = json!("Other again");
    expected["address"] = json!("Elsewhere");
    expected["description"] = json!("Moved");
    assert_eq!(seen(&world, id).await, expected);
    assert_eq!(world.published().last().unwrap()["sale"]["cancel_reason"], "Rain");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_cancelled_event_can_be_deleted() {
    let world = World::start().await;
    let id = world.create(&proms()).await;
    cancel(&world, id, Value::Null).await;
    assert_eq!(world.admin.delete(&format!("/event/?id={id}")).await.status, 200);
    assert_eq!(world.anyone.get(&format!("/event/{id}/")).await.error(), (404, "EVENT-03"));
}

#[tokio::test(flavor = "multi_thread")]
async fn admins_alone_cancel_events() {
    let world = World::start().await;
    assert_eq!(world.user.post("/event/cancel/", &json!(0)).await.error(), (401, "USER-01"));
    assert_eq!(world.anyone.post("/event/cancel/", &json!(0)).await.error(), (401, "USER-06"));
}

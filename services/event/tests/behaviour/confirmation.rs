//! Terms of a sale and cancels are answered with success only once ticketing has applied them.

use std::time::Duration;

use booked_ids::EventId;
use serde_json::{Value, json};

use crate::{create_event::proms, ticketing::Mood, world::World};

/// Time enough for any machine to try again.
const LONG: &[&str] = &["--confirm-timeout-ms", "30000"];
/// What is answered with ticketing away is answered soon.
const SHORT: &[&str] = &["--confirm-timeout-ms", "200"];

fn paused(id: EventId) -> Value {
    json!({ "id": id.to_string(), "paused": true })
}

#[tokio::test(flavor = "multi_thread")]
async fn a_change_that_ticketing_does_not_confirm_is_stored_and_answered_as_unknown() {
    let world = World::start_with(SHORT).await;
    let id = world.create(&proms()).await;
    for mood in [Mood::Fails, Mood::Hangs] {
        let published = world.published().len();
        world.ticketing.be(mood);
        let terms = world.admin.post("/event/update/", &paused(id)).await;
        assert_eq!(terms.error(), (504, "SYS-08"), "{mood:?}");
        let cancel = world.admin.post("/event/cancel/", &json!({ "id": id.to_string() })).await;
        assert_eq!(cancel.error(), (504, "SYS-08"), "{mood:?}");
        assert_eq!(world.published().len(), published + 2, "{mood:?}");
    }
    world.ticketing.be(Mood::Good);
    let event = world.anyone.get(&format!("/event/{id}/")).await.body;
    assert_eq!((&event["paused"], &event["status"]), (&json!(true), &json!("cancelled")));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_repeated_change_is_success_only_once_ticketing_confirms_that_it_is_in_effect() {
    let world = World::start_with(SHORT).await;
    let id = world.create(&proms()).await;
    world.ticketing.be(Mood::Fails);
    for _ in 0..2 {
        assert_eq!(world.admin.post("/event/update/", &paused(id)).await.error(), (504, "SYS-08"));
    }
    world.ticketing.be(Mood::Good);
    for _ in 0..2 {
        let asked = world.ticketing.catch_ups().len();
        assert_eq!(world.admin.post("/event/update/", &paused(id)).await.status, 201);
        assert_eq!(world.ticketing.catch_ups().len(), asked + 1, "equal values ask again");
        assert_eq!(world.ticketing.catch_ups().last().unwrap(), &world.last_position());
    }
    for _ in 0..2 {
        let asked = world.ticketing.catch_ups().len();
        let cancel = json!({ "id": id.to_string() });
        assert_eq!(world.admin.post("/event/cancel/", &cancel).await.status, 200);
        assert_eq!(world.ticketing.catch_ups().len(), asked + 1);
        assert_eq!(world.ticketing.catch_ups().last().unwrap(), &world.last_position());
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn ticketing_is_asked_again_while_the_caller_waits() {
    let world = World::start_with(LONG).await;
    let id = world.create(&proms()).await;
    world.ticketing.be(Mood::Fails);
    let admin = world.admin.clone();
    let change = tokio::spawn(async move { admin.post("/event/update/", &paused(id)).await });
    let deadline = tokio::time::Instant::now() + Duration::from_secs(20);
    // One of the creation, and two of the change.
    while world.ticketing.catch_ups().len() < 3 {
        assert!(tokio::time::Instant::now() < deadline, "ticketing is not asked again");
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    world.ticketing.be(Mood::Good);
    assert_eq!(change.await.unwrap().status, 201);
}

#[tokio::test(flavor = "multi_thread")]
async fn texts_times_and_seats_change_though_ticketing_is_away() {
    let world = World::start_with(SHORT).await;
    let id = world.create(&proms()).await;
    world.ticketing.be(Mood::Fails);
    for change in [json!({ "name": "Other" }), json!({ "unix_time": 5 }), json!({ "seat_count": 101 })] {
        let mut body = change.clone();
        body["id"] = json!(id.to_string());
        assert_eq!(world.admin.post("/event/update/", &body).await.status, 201, "{change}");
    }
    let mut event = proms();
    event["paused"] = json!(true);
    assert_eq!(world.admin.post("/event/", &event).await.status, 201, "nobody knows a new event");
}

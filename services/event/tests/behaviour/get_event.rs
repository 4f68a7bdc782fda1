//! `GET /event/{id}/`

use booked_ids::EventId;
use serde_json::json;

use crate::{ticketing::Mood, world::World};

#[tokio::test(flavor = "multi_thread")]
async fn seats_that_are_sold_or_held_are_not_available() {
    let world = World::start().await;
    let id = world.event(1, 10).await;
    world.ticketing.occupy(id, Some(4));
    let event = world.anyone.get(&format!("/event/{id}/")).await.body;
    assert_eq!((&event["seat_count"], &event["available_seats_count"]), (&json!(10), &json!(6)));
}

#[tokio::test(flavor = "multi_thread")]
async fn an_event_that_ticketing_does_not_know_yet_has_no_seats_to_give() {
    let world = World::start().await;
    let id = world.event(1, 10).await;
    world.ticketing.occupy(id, None);
    assert_eq!(world.anyone.get(&format!("/event/{id}/")).await.body["available_seats_count"], 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_event_is_found_by_its_id_in_either_case() {
    let world = World::start().await;
    let id = world.event(1, 10).await;
    let answer = world.anyone.get(&format!("/event/{}/", id.to_string().to_uppercase())).await;
    assert_eq!((answer.status, &answer.body["id"]), (200, &json!(id.to_string())));
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_no_uuid_is_no_id() {
    let world = World::start().await;
    let id = world.event(1, 10).await;
    let (bare, braced) = (id.as_uuid().simple().to_string(), format!("%7B{id}%7D"));
    for text in ["x", "%00", "%FF", "%2F", "..%2f", bare.as_str(), braced.as_str(), &"a".repeat(5_000)] {
        let answer = world.anyone.get(&format!("/event/{text}/")).await;
        assert_eq!(answer.error(), (400, "EVENT-02"), "{text}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_uuid_that_names_no_event_is_not_found() {
    let world = World::start().await;
    let event = EventId::new(5, [3; 16]);
    for id in [event.to_string(), "00000000-0000-4000-8000-000000000000".to_owned()] {
        let answer = world.anyone.get(&format!("/event/{id}/")).await;
        assert_eq!(answer.error(), (404, "EVENT-03"), "{id}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn without_ticketing_there_is_no_guess() {
    let world = World::start().await;
    let id = world.event(1, 10).await;
    world.ticketing.be(Mood::Fails);
    assert_eq!(world.anyone.get(&format!("/event/{id}/")).await.error(), (503, "SYS-07"));
}

//! `DELETE /event/?id=`

use booked_event::outbound::postgres::purge_deleted_events;
use booked_ids::EventId;
use booked_postgres::{Database, DatabaseSettings};
use chrono::{DateTime, TimeDelta, Utc};
use serde_json::json;
use tokio::runtime::Handle;

use crate::{ticketing::Mood, world::World};

#[tokio::test(flavor = "multi_thread")]
async fn a_deleted_event_is_gone_at_once() {
    let world = World::start().await;
    let id = world.event(1, 10).await;
    let answer = world.admin.delete(&format!("/event/?id={id}")).await;
    assert_eq!((answer.status, answer.body), (200, json!(null)));
    assert_eq!(world.anyone.get(&format!("/event/{id}/")).await.error(), (404, "EVENT-03"));
    assert_eq!(world.anyone.get("/event/").await.body, json!({ "next_time_to_fetch": 0, "events": [] }));
    let change = json!({ "id": id.to_string() });
    assert_eq!(world.admin.post("/event/update/", &change).await.error(), (400, "EVENT-03"));
    assert_eq!(world.admin.delete(&format!("/event/?id={id}")).await.error(), (400, "EVENT-03"));
}

#[tokio::test(flavor = "multi_thread")]
async fn the_deletion_is_published_as_the_last_version() {
    let world = World::start().await;
    let id = world.event(1, 10).await;
    world.admin.delete(&format!("/event/?id={id}")).await;
    let published = world.published();
    assert_eq!((published.len(), &published[1]["deleted"]), (2, &json!(true)));
    assert!(published[1]["version"].as_i64() > published[0]["version"].as_i64());
    assert_eq!(world.ticketing.catch_ups().last().unwrap(), &world.last_position());
}

#[tokio::test(flavor = "multi_thread")]
async fn an_event_is_deleted_even_if_ticketing_fails() {
    let world = World::start().await;
    let id = world.event(1, 10).await;
    world.ticketing.be(Mood::Fails);
    assert_eq!(world.admin.delete(&format!("/event/?id={id}")).await.status, 200);
}

#[tokio::test(flavor = "multi_thread")]
async fn of_two_deletions_at_once_one_finds_nothing() {
    let world = World::start().await;
    let path = format!("/event/?id={}", world.event(1, 10).await);
    let (one, other) = tokio::join!(world.admin.delete(&path), world.admin.delete(&path));
    let mut statuses = [one.status, other.status];
    statuses.sort_unstable();
    assert_eq!(statuses, [200, 400]);
    assert_eq!(world.published().len(), 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_id_must_be_there_and_name_an_event() {
    let world = World::start().await;
    let unknown = EventId::new(5, [3; 16]);
    for (query, code) in [
        (String::new(), "EVENT-02"),
        ("?id=".to_owned(), "EVENT-02"),
        ("?id=x".to_owned(), "EVENT-02"),
        ("?id=%00".to_owned(), "EVENT-02"),
        ("?ID=00000000-0000-4000-8000-000000000000".to_owned(), "EVENT-02"),
        (format!("?id=x&id={unknown}"), "EVENT-02"),
        (format!("?id={unknown}&id=x"), "EVENT-03"),
        ("?id=00000000-0000-4000-8000-000000000000".to_owned(), "EVENT-03"),
    ] {
        let answer = world.admin.delete(&format!("/event/{query}")).await;
        assert_eq!(answer.error(), (400, code), "{query}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn only_admins_delete_events() {
    let world = World::start().await;
    assert_eq!(world.user.delete("/event/?id=x").await.error(), (401, "USER-01"));
    assert_eq!(world.anyone.delete("/event/?id=x").await.error(), (401, "USER-06"));
}

#[tokio::test(flavor = "multi_thread")]
async fn of_a_deleted_event_only_the_tombstone_stays() {
    let world = World::start().await;
    let (deleted, kept) = (world.event(1, 10).await, world.event(2, 10).await);
    let cancelled = json!({ "id": deleted.to_string(), "reason": "r" });
    assert_eq!(world.admin.post("/event/cancel/", &cancelled).await.status, 200);
    world.admin.delete(&format!("/event/?id={deleted}")).await;
    let database =
        Database::new(&DatabaseSettings::for_url(&world.database.url()).unwrap(), &Handle::current());
    let deleted_at = world.database.execute(&format!(
        "SELECT to_char(deleted_at AT TIME ZONE 'UTC', 'YYYY-MM-DD\"T\"HH24:MI:SS.US\"Z\"') FROM events WHERE id = '{deleted}'"
    ));
    let deleted_at: DateTime<Utc> = deleted_at.trim().parse().unwrap();
    let database = database.unwrap();
    let texts = || {
        let all = "SELECT string_agg(name || address || description || coalesce(cancel_reason, ''), '|' \
            ORDER BY unix_time) FROM events";
        world.database.execute(all)
    };

    assert!(!purge_deleted_events(&database, deleted_at).await.unwrap());
    assert_eq!(texts(), "nadr|nad", "it was not deleted before this time");
    assert!(!purge_deleted_events(&database, deleted_at + TimeDelta::microseconds(1)).await.unwrap());
    assert_eq!(texts(), "|nad");
    assert_eq!(world.anyone.get(&format!("/event/{deleted}/")).await.error(), (404, "EVENT-03"));
    assert_eq!(world.anyone.get(&format!("/event/{kept}/")).await.status, 200);
}

//! The database goes down and comes back.

use std::time::{Duration, Instant};

use booked_sandbox::test_postgres;
use serde_json::json;

use crate::{
    create_event::proms,
    ticketing::FakeTicketing,
    world::{Service, callers, migrate},
};

#[tokio::test(flavor = "multi_thread")]
async fn without_its_database_every_route_is_503_in_time_and_all_recovers_by_itself() {
    let mut postgres = test_postgres();
    let url = postgres.url("postgres");
    let migrated = url.clone();
    tokio::task::spawn_blocking(move || migrate(&migrated)).await.unwrap();
    let ticketing = FakeTicketing::start();
    let service = Service::start(&url, &ticketing.url(), &[]).await;
    let [admin, _, anyone] = callers(&service);
    let place = admin.post("/event/", &proms()).await.location.unwrap();
    let id = place.split('/').nth(2).unwrap();

    postgres.kill();
    let start = Instant::now();
    for answer in [
        anyone.get("/event/").await,
        anyone.get(&place).await,
        admin.post("/event/", &proms()).await,
        admin.post("/event/update/", &json!({ "id": id, "name": "x" })).await,
        admin.post("/event/cancel/", &json!({ "id": id })).await,
        admin.delete(&format!("/event/?id={id}")).await,
        anyone.get("/event/?q=proms&status=on_sale").await,
        anyone.get("/internal/feed?timeout=1000").await,
    ] {
        assert_eq!(answer.error(), (503, "SYS-07"), "{answer:?}");
        assert!(answer.retry_after.is_some(), "{answer:?}");
    }
    assert!(start.elapsed() < Duration::from_secs(15), "{:?}", start.elapsed());
    assert_eq!(anyone.get("/event/x/").await.error(), (400, "EVENT-02"), "no database is needed to say so");

    postgres.restart().unwrap();
    let deadline = Instant::now() + Duration::from_secs(20);
    while anyone.get("/event/").await.status != 200 {
        assert!(Instant::now() < deadline, "the service does not recover");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    assert_eq!(admin.post("/event/update/", &json!({ "id": id, "seat_count": 101 })).await.status, 201);
}

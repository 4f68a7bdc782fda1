//! Events and pages carry a strong tag that changes with what they say.

use reqwest::Method;
use serde_json::{Value, json};

use crate::world::{Service, World, callers};

#[tokio::test(flavor = "multi_thread")]
async fn equal_answers_have_equal_strong_tags_at_every_replica() {
    let world = World::start().await;
    let id = world.event(1, 10).await;
    let other = Service::start(&world.database.url(), &world.ticketing.url(), &[]).await;
    let [_, _, at_the_other] = callers(&other);
    for path in ["/event/".to_owned(), "/event/?q=n".to_owned(), format!("/event/{id}/")] {
        let first = world.anyone.get(&path).await;
        let tag = first.tag.clone().unwrap();
        assert!(tag.starts_with('"') && tag.ends_with('"') && tag.len() == 34, "{tag}");
        assert_eq!(first.cache_control.as_deref(), Some("no-cache"), "who keeps it has to ask again");
        assert_eq!(world.anyone.get(&path).await.tag, first.tag);
        assert_eq!(at_the_other.get(&path).await.tag, first.tag);
        let head = world.anyone.send(Method::HEAD, &path, Vec::new()).await;
        assert_eq!((head.status, &head.body, head.tag), (200, &Value::Null, first.tag));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_tag_changes_with_seats_terms_and_texts() {
    let world = World::start().await;
    let id = world.event(1, 10).await;
    let tags = async || {
        let page = world.anyone.get("/event/").await.tag.unwrap();
        [page, world.anyone.get(&format!("/event/{id}/")).await.tag.unwrap()]
    };
    let mut known = vec![tags().await];
    world.ticketing.occupy(id, Some(1));
    known.push(tags().await);
    for change in [json!({ "paused": true }), json!({ "name": "Other" })] {
        let mut body = change;
        body["id"] = json!(id.to_string());
        assert_eq!(world.admin.post("/event/update/", &body).await.status, 201);
        known.push(tags().await);
    }
    world.admin.post("/event/cancel/", &json!({ "id": id.to_string() })).await;
    known.push(tags().await);
    let mut all: Vec<&String> = known.iter().flatten().collect();
    all.sort_unstable();
    all.dedup();
    assert_eq!(all.len(), 10, "{known:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn errors_and_changes_have_none() {
    let world = World::start().await;
    let id = world.event(1, 10).await;
    assert_eq!(world.anyone.get("/event/x/").await.tag, None);
    let change = json!({ "id": id.to_string(), "name": "Other" });
    assert_eq!(world.admin.post("/event/update/", &change).await.tag, None);
}

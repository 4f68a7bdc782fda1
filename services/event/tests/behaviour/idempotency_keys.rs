//! A request that is sent again with its idempotency key gets the first answer again, and nothing is done twice.

use booked_ids::EventId;
use futures_util::future::join_all;
use reqwest::Method;
use serde_json::{Value, json};

use crate::{
    caller::{Answer, Caller},
    create_event::proms,
    ticketing::Mood,
    world::{Service, World},
};

/// Two replicas.
struct Twice {
    world: World,
    second: Service,
}

impl Twice {
    async fn start() -> Self {
        let world = World::start().await;
        let second = Service::start(&world.database.url(), &world.ticketing.url(), &[]).await;
        Self { world, second }
    }

    /// The admin at both, with this key.
    fn keyed(&self, key: &str) -> [Caller; 2] {
        [&self.world.service, &self.second].map(|it| self.world.admin.with_key(key, it.bound.traffic))
    }

    /// What changes an event, each another one, with what a second one asks for under the same key.
    async fn mutations(&self) -> Vec<Mutation> {
        let (update, cancel, delete) =
            (self.world.event(1, 5).await, self.world.event(2, 5).await, self.world.event(3, 5).await);
        let mut other = proms();
        other["name"] = json!("another");
        vec![
            Mutation::post("/event/", 201, proms(), other),
            Mutation::post("/event/update/", 201, named(update, "new"), named(update, "newer")),
            Mutation::post(
                "/event/cancel/",
                200,
                named(cancel, ""),
                json!({ "id": cancel.to_string(), "reason": "Rain" }),
            ),
            Mutation {
                method: Method::DELETE,
                path: format!("/event/?id={delete}"),
                other_path: format!("/event/?id={update}"),
                status: 200,
                body: Value::Null,
                other: Value::Null,
            },
        ]
    }
}

struct Mutation {
    method: Method,
    path: String,
    other_path: String,
    status: u16,
    body: Value,
    other: Value,
}

impl Mutation {
    fn post(path: &str, status: u16, body: Value, other: Value) -> Self {
        Self { method: Method::POST, path: path.to_owned(), other_path: path.to_owned(), status, body, other }
    }

    async fn by(&self, caller: &Caller) -> Answer {
        caller.send(self.method.clone(), &self.path, self.body.to_string().into_bytes()).await
    }

    async fn other_by(&self, caller: &Caller) -> Answer {
        caller.send(self.method.clone(), &self.other_path, self.other.to_string().into_bytes()).await
    }
}

fn named(id: EventId, name: &str) -> Value {
    json!({ "id": id.to_string(), "name": name })
}

fn same(again: &Answer, first: &Answer) {
    let said = |answer: &Answer| (answer.status, answer.body.clone(), answer.location.clone());
    assert_eq!(said(again), said(first));
    assert!(again.is_replay && !first.is_replay, "it says whether it is the first answer");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_first_answer_is_given_again_by_every_replica_and_nothing_is_done_twice() {
    let twice = Twice::start().await;
    for mutation in twice.mutations().await {
        let before = twice.world.published().len();
        let replicas = twice.keyed("k");
        let first = mutation.by(&replicas[0]).await;
        assert_eq!(first.status, mutation.status, "{first:?}");
        for replica in replicas.iter().chain(&replicas) {
            same(&mutation.by(replica).await, &first);
        }
        assert_eq!(twice.world.published().len(), before + 1, "{}", mutation.path);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_key_of_another_request_is_refused_and_nothing_is_done() {
    let twice = Twice::start().await;
    for mutation in twice.mutations().await {
        let [first, second] = twice.keyed("k");
        assert_eq!(mutation.by(&first).await.status, mutation.status);
        let published = twice.world.published();
        for replica in [&first, &second] {
            let refused = mutation.other_by(replica).await;
            assert_eq!(refused.error(), (422, "IDEM-02"), "{}", mutation.path);
            assert!(!refused.is_replay);
        }
        assert_eq!(twice.world.published(), published, "{}", mutation.path);
        let [fresh, _] = twice.keyed("l");
        assert_eq!(mutation.other_by(&fresh).await.status, mutation.status, "another key is another request");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn of_many_at_once_one_is_carried_out_and_the_others_get_its_answer() {
    let twice = Twice::start().await;
    for mutation in twice.mutations().await {
        let before = twice.world.published().len();
        let replicas = twice.keyed("k");
        let answers = join_all(replicas.iter().cycle().take(64).map(|replica| mutation.by(replica))).await;
        let first = answers.iter().find(|answer| !answer.is_replay).unwrap();
        assert_eq!(first.status, mutation.status, "{first:?}");
        let replays: Vec<&Answer> = answers.iter().filter(|answer| answer.is_replay).collect();
        replays.iter().for_each(|again| same(again, first));
        assert_eq!(replays.len(), 63, "{}", mutation.path);
        assert_eq!(twice.world.published().len(), before + 1, "{}", mutation.path);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_refusal_that_names_a_state_is_kept() {
    let twice = Twice::start().await;
    let id = twice.world.event(1, 5).await;
    let [first, second] = twice.keyed("k");
    let fewer = json!({ "id": id.to_string(), "seat_count": 4 });
    let refused = first.post("/event/update/", &fewer).await;
    assert_eq!(refused.error(), (400, "EVENT-05"));
    same(&second.post("/event/update/", &fewer).await, &refused);
    assert_eq!(second.post("/event/update/", &named(id, "x")).await.error(), (422, "IDEM-02"));
    // What is wrong with the request itself says nothing of a state.
    assert_eq!(first.post("/event/cancel/", &json!({ "id": 5 })).await.error(), (400, "SYS-01"));
    assert_eq!(first.post("/event/cancel/", &named(id, "")).await.status, 200);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_repeat_is_success_only_once_ticketing_confirms_what_is_promised() {
    let world = World::start_with(&["--confirm-timeout-ms", "200"]).await;
    let id = world.create(&proms()).await;
    let keyed = world.admin.with_key("k", world.service.bound.traffic);
    let published = world.published().len();
    let paused = json!({ "id": id.to_string(), "paused": true });
    for (path, body, status) in
        [("/event/update/", paused, 201), ("/event/cancel/", json!({ "id": id.to_string() }), 200)]
    {
        world.ticketing.be(Mood::Fails);
        for _ in 0..2 {
            assert_eq!(keyed.post(path, &body).await.error(), (504, "SYS-08"), "{path}");
        }
        world.ticketing.be(Mood::Good);
        let confirmed = keyed.post(path, &body).await;
        assert_eq!((confirmed.status, confirmed.is_replay), (status, true), "{path}");
        assert_eq!(world.ticketing.catch_ups().last().unwrap(), &world.last_position());
    }
    assert_eq!(world.published().len(), published + 2, "each was stored once");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_created_event_is_named_again_even_if_it_is_deleted_since() {
    let twice = Twice::start().await;
    let [first, second] = twice.keyed("k");
    let created = first.post("/event/", &proms()).await;
    let id = created.location.clone().unwrap();
    let id = id.trim_start_matches("/event/").trim_end_matches('/');
    assert_eq!(twice.world.admin.delete(&format!("/event/?id={id}")).await.status, 200);
    same(&second.post("/event/", &proms()).await, &created);
    assert_eq!(twice.world.anyone.get("/event/").await.body["events"], json!([]));
}

//! Which requests the gateway sends again when a replica dies, and what the client is told then.

use std::{net::SocketAddr, sync::Arc};

use actix_web::{HttpResponse, http::StatusCode};
use booked_gateway::routes::{Access, Handler, Method, ROUTES};
use booked_server::Lifecycle;
use reqwest::RequestBuilder;
use serde_json::json;

use crate::fixtures::{
    Answer, BreakingService, Breaks, FakeService, PublishedKeys, SeenRequest, admin_token, call, refused,
    start_in_front_of, until, unused_url, user_token,
};

const KEY: &str = "Idempotency-Key";

/// A gateway in front of these replicas that knows the keys of tokens. It calls the first replica first.
struct Front {
    address: SocketAddr,
    client: reqwest::Client,
    _life: Lifecycle,
}

impl Front {
    async fn of(flags: &[&str], replicas: &[&str]) -> Self {
        let replicas: Vec<String> = replicas.iter().map(|url| (*url).to_owned()).collect();
        let (address, life) = start_in_front_of(flags, &replicas).await;
        until(|| async { call(address, ("GET", "/.well-known/jwks.json")).await.0.0 == 200 }).await;
        Self { address, client: reqwest::Client::builder().no_proxy().build().unwrap(), _life: life }
    }

    fn request(&self, method: &str, path: &str) -> RequestBuilder {
        self.client.request(method.parse().unwrap(), format!("http://{}{path}", self.address))
    }

    fn reserve(&self) -> RequestBuilder {
        self.request("POST", "/ticket/reserve/").bearer_auth(user_token()).body("{}")
    }

    async fn reserve_with_key(&self) -> Answer {
        send(self.reserve().header(KEY, "key")).await
    }
}

async fn send(request: RequestBuilder) -> Answer {
    Answer::of(request.send().await.unwrap()).await
}

async fn dying() -> BreakingService {
    BreakingService::start(Breaks::BeforeTheAnswer).await
}

async fn answering(answer: impl Fn(&SeenRequest) -> HttpResponse + Send + Sync + 'static) -> FakeService {
    FakeService::start(Arc::new(PublishedKeys::default()), answer).await
}

/// What must be the same whenever a request is sent. Replica and time differ.
fn without_hop(mut seen: SeenRequest) -> SeenRequest {
    for header in ["host", "x-booked-deadline-ms"] {
        assert!(seen.headers.remove(header).is_some(), "{header} in {seen:?}");
    }
    seen
}

#[tokio::test(flavor = "multi_thread")]
async fn a_request_with_a_key_whose_response_was_lost_is_sent_to_another_replica() {
    for breaks in [Breaks::BeforeTheAnswer, Breaks::WithinTheAnswer] {
        for (method, path, body) in
            [("POST", "/event/update/?x=1", r#"{"name":"ü"}"#), ("DELETE", "/event/?id=some-id", "")]
        {
            let dies = BreakingService::start(breaks).await;
            let lives = answering(|_| {
                HttpResponse::Ok().insert_header(("Idempotency-Replayed", "true")).body("the first answer")
            })
            .await;
            let front = Front::of(&[], &[&dies.url, &lives.url()]).await;

            let request = front.request(method, path).bearer_auth(admin_token()).header(KEY, "\"a-key\"");
            let answer = send(request.body(body)).await;

            assert_eq!(
                (answer.status, answer.body.as_str()),
                (200, "the first answer"),
                "{method} {breaks:?}"
            );
            assert_eq!(answer.header("idempotency-replayed"), Some("true"), "{method} {breaks:?}");
            let seen = |seen: Vec<SeenRequest>| seen.into_iter().map(without_hop).collect::<Vec<_>>();
            let (first, second) = (seen(dies.seen()), seen(lives.seen()));
            assert_eq!(json!(first), json!(second), "{method} {breaks:?}");
            let [first] = &first[..] else { panic!("sent once to each replica: {first:?}") };
            assert_eq!((first.method.as_str(), first.body.as_str()), (method, body));
            assert_eq!(first.headers["idempotency-key"], "a-key");
            assert_eq!(first.headers["x-booked-user-role"], "admin");
        }
    }
}

/// With one replica it is sent to that one again, and then no more.
#[tokio::test(flavor = "multi_thread")]
async fn what_changes_something_is_sent_again_once_and_only_with_a_key() {
    let dies = dying().await;
    let front = Front::of(&[], &[&dies.url]).await;

    for route in ROUTES.iter().filter(|route| matches!(route.handler, Handler::Service(_))) {
        let method = match route.method {
            Method::Get => continue,
            Method::Post => "POST",
            Method::Delete => "DELETE",
        };
        let path = route.path.replace("{id}", "some-id");
        let request = || front.request(method, &path).bearer_auth(admin_token());
        for (request, has_key) in [(request(), false), (request().header(KEY, "key"), true)] {
            let before = dies.seen().len();
            let answer = send(request).await;

            assert_eq!(answer.outcome(), refused(504, "SYS-08"), "{method} {path}, key: {has_key}");
            let expected = if has_key && route.access != Access::Anyone { 2 } else { 1 };
            assert_eq!(dies.seen().len() - before, expected, "{method} {path}, key: {has_key}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn without_a_key_another_replica_is_not_asked() {
    let (dies, lives) = (dying().await, answering(SeenRequest::echo).await);
    let front = Front::of(&[], &[&dies.url, &lives.url()]).await;

    assert_eq!(send(front.reserve()).await.outcome(), refused(504, "SYS-08"));

    assert_eq!((dies.seen().len(), lives.seen().len()), (1, 0));
}

#[tokio::test(flavor = "multi_thread")]
async fn if_the_second_response_is_lost_too_no_third_replica_is_asked() {
    let (one, two, lives) = (dying().await, dying().await, answering(SeenRequest::echo).await);
    let front = Front::of(&[], &[&one.url, &two.url, &lives.url()]).await;

    assert_eq!(front.reserve_with_key().await.outcome(), refused(504, "SYS-08"));

    assert_eq!((one.seen().len(), two.seen().len(), lives.seen().len()), (1, 1, 0));
}

#[tokio::test(flavor = "multi_thread")]
async fn if_it_cannot_be_sent_again_it_may_still_have_been_done() {
    let dies = dying().await;
    let front = Front::of(&[], &[&dies.url, &unused_url().await]).await;

    assert_eq!(front.reserve_with_key().await.outcome(), refused(504, "SYS-08"));

    assert_eq!(dies.seen().len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn if_no_other_replica_has_room_it_may_still_have_been_done() {
    // A response that is too long to be buffered keeps its connection in use while it is relayed.
    let full = answering(|_| HttpResponse::Ok().body(vec![b' '; 64 << 20])).await;
    let dies = dying().await;
    let flags = ["--upstream-connections-max", "1", "--upstream-timeout-ms", "20000"];
    let front = Front::of(&flags, &[&full.url(), &dies.url]).await;
    let half_answered = front.reserve().send().await.unwrap();
    assert_eq!(half_answered.status(), 200);

    assert_eq!(front.reserve_with_key().await.outcome(), refused(504, "SYS-08"));

    assert_eq!((full.seen().len(), dies.seen().len()), (1, 1));
}

#[tokio::test(flavor = "multi_thread")]
async fn an_answer_that_is_kept_for_no_key_does_not_tell_what_became_of_the_first_try() {
    let perhaps_done = refused(504, "SYS-08");
    for (status, code, expected) in [
        (503, "SYS-07", &perhaps_done),
        (504, "SYS-08", &perhaps_done),
        (500, "DB-03", &perhaps_done),
        (500, "", &perhaps_done),
        (429, "SYS-06", &perhaps_done),
        (401, "USER-06", &perhaps_done),
        (404, "SYS-04", &perhaps_done),
        (405, "SYS-05", &perhaps_done),
        (400, "TICKET-01", &refused(400, "TICKET-01")),
        (409, "EVENT-08", &refused(409, "EVENT-08")),
        (409, "IDEM-03", &refused(409, "IDEM-03")),
        (422, "IDEM-02", &refused(422, "IDEM-02")),
    ] {
        let dies = dying().await;
        let lives = answering(move |_| {
            let mut answer = HttpResponse::build(StatusCode::from_u16(status).unwrap());
            answer.insert_header(("Retry-After", "7"));
            if code.is_empty() {
                return answer.body("<h1>it failed</h1>");
            }
            answer.json(json!({"category": "X", "category_code": code, "msg": "x"}))
        })
        .await;
        let front = Front::of(&[], &[&dies.url, &lives.url()]).await;

        let answer = front.reserve_with_key().await;

        assert_eq!(&answer.outcome(), expected, "after {status} {code}");
        assert_eq!((dies.seen().len(), lives.seen().len()), (1, 1), "after {status} {code}");
        let retry_after = (expected.0 != 504).then_some("7");
        assert_eq!(answer.header("retry-after"), retry_after, "after {status} {code}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_read_has_done_nothing_so_the_second_answer_is_the_whole_truth() {
    let dies = dying().await;
    let failing = answering(|_| {
        let body = json!({"category": "DB", "category_code": "DB-01", "msg": "x"});
        HttpResponse::InternalServerError().json(body)
    })
    .await;
    let front = Front::of(&[], &[&dies.url, &failing.url()]).await;

    let answer = send(front.request("GET", "/user/bookings/").bearer_auth(user_token())).await;

    assert_eq!(answer.outcome(), refused(500, "DB-01"));
    assert_eq!((dies.seen().len(), failing.seen().len()), (1, 1));
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_is_sent_again_after_a_timeout() {
    let silent = BreakingService::start(Breaks::Never).await;
    let lives = answering(SeenRequest::echo).await;
    let flags = ["--upstream-timeout-ms", "1000"];
    let front = Front::of(&flags, &[&silent.url, &lives.url()]).await;

    assert_eq!(front.reserve_with_key().await.outcome(), refused(504, "SYS-08"));

    assert_eq!((silent.seen().len(), lives.seen().len()), (1, 0));
}

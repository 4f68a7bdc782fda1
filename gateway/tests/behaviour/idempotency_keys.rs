//! Which idempotency keys are accepted, and what a service gets of them.

use actix_web::HttpResponse;
use booked_gateway::routes::{Access, Handler, Method, ROUTES};
use reqwest::{RequestBuilder, header::HeaderValue};

use crate::fixtures::{Answer, Gateway, SeenRequest, admin_token, refused, user_token};

const KEY: &str = "Idempotency-Key";

fn reserve(gateway: &Gateway) -> RequestBuilder {
    gateway.request("POST", "/ticket/reserve/").bearer_auth(user_token())
}

/// The key that the service saw.
fn seen(answer: &Answer) -> Option<String> {
    assert_eq!(answer.status, 200, "{answer:?}");
    answer.json()["headers"]["idempotency-key"].as_str().map(str::to_owned)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_quoted_or_bare_key_reaches_the_service_in_its_bare_form() {
    let gateway = Gateway::start().await;
    let longest = "k".repeat(255);
    let quoted = format!("\"{longest}\"");
    // Each character counts once, however it is spelled.
    let (escaped, backslashes) = (format!("\"{}\"", r"\\".repeat(255)), r"\".repeat(255));

    for (sent, bare) in [
        ("8e03978e-40d5-43e8-bc93-6894a57f9324", "8e03978e-40d5-43e8-bc93-6894a57f9324"),
        ("\"8e03978e-40d5-43e8-bc93-6894a57f9324\"", "8e03978e-40d5-43e8-bc93-6894a57f9324"),
        ("!", "!"),
        ("~", "~"),
        ("a\"b\\c", "a\"b\\c"),
        (r#""a\"b\\c""#, "a\"b\\c"),
        ("a,b;c=d", "a,b;c=d"),
        (&longest, &longest),
        (&quoted, &longest),
        (&escaped, &backslashes),
    ] {
        let answer = gateway.send(reserve(&gateway).header(KEY, sent)).await;
        assert_eq!(seen(&answer).as_deref(), Some(bare), "{sent}");
    }
    assert_eq!(seen(&gateway.send(reserve(&gateway)).await), None);
}

#[tokio::test(flavor = "multi_thread")]
async fn any_other_form_is_refused_and_nothing_is_sent_to_the_service() {
    let gateway = Gateway::start().await;
    let too_long = "k".repeat(256);
    let too_long_quoted = format!("\"{too_long}\"");

    for key in [
        "",
        "\"\"",
        "\"",
        "\"open",
        "\"open\\\"",
        "\"a\"b\"",
        "\"a\\b\"",
        "\"a\";p=1",
        "\"a\", \"b\"",
        "a b",
        "\"a b\"",
        "a\tb",
        &too_long,
        &too_long_quoted,
    ] {
        let answer = gateway.send(reserve(&gateway).header(KEY, key)).await;
        assert_eq!(answer.outcome(), refused(400, "IDEM-01"), "{key:?}");
    }
    let not_ascii = HeaderValue::from_bytes("schlüssel".as_bytes()).unwrap();
    let answer = gateway.send(reserve(&gateway).header(KEY, not_ascii)).await;
    assert_eq!(answer.outcome(), refused(400, "IDEM-01"));
    let twice = reserve(&gateway).header(KEY, "a").header(KEY, "a");
    assert_eq!(gateway.send(twice).await.outcome(), refused(400, "IDEM-01"), "more than one line");
    assert!(gateway.service.seen().is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn keys_are_read_where_something_is_changed_by_somebody_who_is_known() {
    let gateway = Gateway::start().await;

    for route in ROUTES.iter().filter(|route| matches!(route.handler, Handler::Service(_))) {
        let (method, changes) = match route.method {
            Method::Get => ("GET", false),
            Method::Post => ("POST", true),
            Method::Delete => ("DELETE", true),
        };
        let is_read = changes && route.access != Access::Anyone;
        let path = route.path.replace("{id}", "some-id");
        let request = || gateway.request(method, &path).bearer_auth(admin_token());

        let good = gateway.send(request().header(KEY, "\"key\"")).await;
        assert_eq!(seen(&good), is_read.then(|| "key".to_owned()), "{method} {path}");
        let bad = gateway.send(request().header(KEY, "a key")).await;
        let expected = if is_read { refused(400, "IDEM-01") } else { (200, String::new()) };
        assert_eq!(bad.outcome(), expected, "{method} {path}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_key_is_checked_after_token_and_role_and_before_the_body() {
    let gateway = Gateway::start().await;
    let too_large = || vec![b' '; 2 << 20];

    let anonymous = gateway.request("POST", "/event/").header(KEY, "a key");
    assert_eq!(gateway.send(anonymous).await.outcome(), refused(401, "USER-06"));
    let user = gateway.request("POST", "/event/").bearer_auth(user_token()).header(KEY, "a key");
    assert_eq!(gateway.send(user).await.outcome(), refused(401, "USER-01"));
    let admin = || gateway.request("POST", "/event/").bearer_auth(admin_token()).body(too_large());
    assert_eq!(gateway.send(admin().header(KEY, "a key")).await.outcome(), refused(400, "IDEM-01"));
    assert_eq!(gateway.send(admin().header(KEY, "key")).await.outcome(), refused(413, "SYS-09"));

    let mut raw = gateway.raw().await;
    let token = user_token();
    let answer = raw
        .exchange(format!(
            "POST /ticket/book/ HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {token}\r\nIdempotency-Key: a key\r\n\
             Expect: 100-continue\r\nContent-Length: 2\r\n\r\n"
        ))
        .await;
    assert_eq!((answer.status, answer.is_continued), (400, false), "the body is not asked for");
}

#[tokio::test(flavor = "multi_thread")]
async fn pages_of_other_origins_may_send_a_key() {
    let gateway = Gateway::start_with(&["--cors-origins", "https://shop.example"], SeenRequest::echo).await;

    let preflight = gateway
        .request("OPTIONS", "/ticket/reserve/")
        .header("Origin", "https://shop.example")
        .header("Access-Control-Request-Method", "POST");
    let answer = gateway.send(preflight).await;

    assert_eq!(answer.status, 204);
    assert!(answer.header("access-control-allow-headers").unwrap().split(", ").any(|name| name == KEY));
}

#[tokio::test(flavor = "multi_thread")]
async fn the_client_is_told_that_an_answer_was_given_before() {
    let gateway = Gateway::start_with(&["--cors-origins", "https://shop.example"], |seen| {
        let mut answer = HttpResponse::Conflict();
        if seen.headers.contains_key("idempotency-key") {
            answer.insert_header(("Idempotency-Replayed", "true"));
        }
        answer.body(r#"{"category":"EVENT","category_code":"EVENT-08","msg":"event cancelled"}"#)
    })
    .await;
    let from_page = || reserve(&gateway).header("Origin", "https://shop.example");

    let replayed = gateway.send(from_page().header(KEY, "key")).await;
    assert_eq!(replayed.outcome(), refused(409, "EVENT-08"));
    assert_eq!(replayed.header("idempotency-replayed"), Some("true"));
    let exposed = replayed.header("access-control-expose-headers").unwrap();
    assert!(exposed.split(", ").any(|name| name == "Idempotency-Replayed"), "pages may read it");

    let first = gateway.send(from_page()).await;
    assert_eq!(first.outcome(), refused(409, "EVENT-08"));
    assert_eq!(first.header("idempotency-replayed"), None);
}

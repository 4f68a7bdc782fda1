//! Which idempotency keys are accepted, and what a service gets of them.

use std::sync::{
    Arc,
    atomic::{AtomicUsize, Ordering},
};

use booked_gateway::routes::{Access, Handler, Method, ROUTES};
use reqwest::{RequestBuilder, header::HeaderValue};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

use crate::fixtures::{
    Answer, Gateway, PublishedKeys, ScriptedService, SeenRequest, admin_token, call, refused,
    start_in_front_of, until, user_token,
};

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
    assert!(answer.header("access-control-allow-headers").unwrap().contains(KEY));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_request_with_a_key_is_sent_once_even_if_its_response_is_lost() {
    let sent = Arc::new(AtomicUsize::new(0));
    let counted = Arc::clone(&sent);
    let breaks_off = ScriptedService::start(move |mut stream| {
        let sent = Arc::clone(&counted);
        async move {
            let mut buffer = vec![0; 65_536];
            let bytes = stream.read(&mut buffer).await.unwrap_or(0);
            if buffer[..bytes].starts_with(b"GET /internal/jwks") {
                let keys = serde_json::to_string(&PublishedKeys::default().fetch()).unwrap();
                let head =
                    format!("HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: {}\r\n\r\n", keys.len());
                let _ = stream.write_all(format!("{head}{keys}").as_bytes()).await;
            } else if buffer.starts_with(b"POST ") {
                sent.fetch_add(1, Ordering::Relaxed);
            }
        }
    })
    .await;
    let (gateway, _life) = start_in_front_of(&[], &[breaks_off.url]).await;
    until(|| async { call(gateway, ("GET", "/.well-known/jwks.json")).await.0.0 == 200 }).await;

    let client = reqwest::Client::builder().no_proxy().build().unwrap();
    let request = client.post(format!("http://{gateway}/ticket/reserve/")).bearer_auth(user_token());
    let answer = Answer::of(request.header(KEY, "key").body("{}").send().await.unwrap()).await;

    assert_eq!(answer.outcome(), refused(504, "SYS-08"));
    assert_eq!(sent.load(Ordering::Relaxed), 1);
}

//! Which web pages may read responses.

use crate::fixtures::{Answer, Gateway, SeenRequest};

const PAGE: &str = "https://shop.example";

async fn preflight(gateway: &Gateway, path: &str, origin: &str) -> Answer {
    let request = gateway.request("OPTIONS", path).header("Origin", origin);
    gateway.send(request.header("Access-Control-Request-Method", "POST")).await
}

#[tokio::test(flavor = "multi_thread")]
async fn by_default_no_page_may_read_anything() {
    let gateway = Gateway::start().await;

    let answer = gateway.send(gateway.request("GET", "/event/").header("Origin", PAGE)).await;
    assert_eq!(answer.status, 200);
    assert_eq!(answer.header("access-control-allow-origin"), None);
    assert_eq!(answer.header("vary"), None);
    assert_eq!(preflight(&gateway, "/ticket/book/", PAGE).await.status, 405);
}

#[tokio::test(flavor = "multi_thread")]
async fn pages_of_a_listed_origin_may_read_every_response() {
    let origins = format!("https://other.example:8443,{PAGE}");
    let gateway = Gateway::start_with(&["--cors-origins", &origins], SeenRequest::echo).await;

    for (path, status) in [("/event/", 200), ("/nowhere/", 404), ("/analytics/", 401)] {
        let answer = gateway.send(gateway.request("GET", path).header("Origin", PAGE)).await;
        assert_eq!(answer.status, status);
        assert_eq!(answer.header("access-control-allow-origin"), Some(PAGE), "{path}");
        let exposed = answer.header("access-control-expose-headers").unwrap().split(", ");
        assert_eq!(
            exposed.collect::<Vec<_>>(),
            [
                "ETag",
                "Idempotency-Replayed",
                "Location",
                "RateLimit",
                "RateLimit-Policy",
                "Retry-After",
                "X-Request-Id"
            ]
        );
        assert_eq!(answer.header("vary"), Some("origin"));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_preflight_gets_the_methods_of_the_path() {
    let gateway = Gateway::start_with(&["--cors-origins", PAGE], SeenRequest::echo).await;

    let answer = preflight(&gateway, "/event/", PAGE).await;

    assert_eq!(answer.status, 204);
    assert_eq!(answer.header("access-control-allow-origin"), Some(PAGE));
    assert_eq!(answer.header("access-control-allow-methods"), Some("POST, GET, HEAD, DELETE"));
    assert!(answer.header("access-control-allow-headers").unwrap().contains("Authorization"));
    assert!(answer.header("x-request-id").is_some());
    assert_eq!(preflight(&gateway, "/nowhere/", PAGE).await.status, 404);
    assert!(gateway.service.seen().is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn pages_of_other_origins_may_not() {
    let gateway = Gateway::start_with(&["--cors-origins", PAGE], SeenRequest::echo).await;

    for origin in ["https://evil.example", "https://shop.example.evil.example", "http://shop.example", "null"]
    {
        let answer = gateway.send(gateway.request("GET", "/event/").header("Origin", origin)).await;
        assert_eq!(answer.header("access-control-allow-origin"), None, "{origin}");
        assert_eq!(answer.header("vary"), Some("origin"), "{origin}");
        assert_eq!(preflight(&gateway, "/event/", origin).await.status, 405, "{origin}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn with_a_star_every_page_may() {
    let gateway = Gateway::start_with(&["--cors-origins", "*"], SeenRequest::echo).await;

    let answer = gateway.send(gateway.request("GET", "/event/").header("Origin", PAGE)).await;

    assert_eq!(answer.header("access-control-allow-origin"), Some("*"));
    assert_eq!(answer.header("access-control-allow-credentials"), None);
}

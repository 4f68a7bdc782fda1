//! Which path and method lead to which route.

use serde_json::json;

use crate::fixtures::{Gateway, SeenRequest, admin_token, refused};

#[tokio::test(flavor = "multi_thread")]
async fn health_says_hello_and_calls_no_service() {
    let gateway = Gateway::start().await;
    gateway.service.stop().await;

    for path in ["/health/", "/health"] {
        let answer = gateway.get(path).await;
        assert_eq!(answer.status, 200);
        assert_eq!(answer.body, r#"{"health":"ok","message":"Hello from booked!"}"#);
        assert_eq!(answer.header("content-type"), Some("application/json"));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_path_is_the_same_without_its_trailing_slash() {
    let gateway = Gateway::start().await;

    for (sent, served) in [
        ("/event", "/event/"),
        ("/event/", "/event/"),
        ("/event/some-id", "/event/some-id/"),
        ("/user/bookings", "/user/bookings/"),
        ("/analytics/cancellation_rates", "/analytics/cancellation_rates/"),
    ] {
        let answer = gateway.send(gateway.request("GET", sent).bearer_auth(admin_token())).await;
        assert_eq!((answer.status, &answer.json()["path"]), (200, &json!(served)), "{sent}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_unknown_path_is_404() {
    let gateway = Gateway::start().await;

    for path in [
        "/",
        "//",
        "/nowhere/",
        "/event//",
        "//event/",
        "/event/id/more/",
        "/user/",
        "/user/login/x/",
        "/internal/jwks",
        "/internal/jwks/",
        "/internal/feed/",
        "/event/../internal/jwks",
        "/%69nternal/jwks/",
        "/EVENT/",
        "/docs/nothing.js",
        "/docs/../openapi.json",
    ] {
        for method in ["GET", "POST", "DELETE", "PATCH"] {
            let mut raw = gateway.raw().await;
            let answer = raw
                .exchange(format!("{method} {path} HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\n\r\n"))
                .await;
            // This path matches a pattern, whose other methods are known not to exist.
            let expected = if path == "/docs/nothing.js" && method != "GET" { 405 } else { 404 };
            assert_eq!(answer.status, expected, "{method} {path}");
        }
    }
    assert!(gateway.service.seen().is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_known_path_with_another_method_is_405_and_says_which_are_allowed() {
    let gateway = Gateway::start().await;

    for (method, path, allowed) in [
        ("GET", "/event/update/", "POST"),
        ("GET", "/event/cancel/", "POST"),
        ("HEAD", "/event/update", "POST"),
        ("GET", "/event/%75pdate/", "POST"),
        ("PUT", "/event/", "POST, GET, HEAD, DELETE"),
        ("POST", "/event/some-id/", "GET, HEAD"),
        ("GET", "/user/login/", "POST"),
        ("POST", "/health/", "GET, HEAD"),
        ("DELETE", "/openapi.json", "GET, HEAD"),
        ("OPTIONS", "/ticket/book/", "POST"),
        ("TRACE", "/analytics/", "GET, HEAD"),
        ("BREW", "/waitlist/add/", "POST"),
        ("get", "/event/", "POST, GET, HEAD, DELETE"),
    ] {
        let answer = gateway.send(gateway.request(method, path).bearer_auth(admin_token())).await;
        assert_eq!(answer.status, 405, "{method} {path}");
        assert_eq!(answer.header("allow"), Some(allowed), "{method} {path}");
        if method != "HEAD" {
            assert_eq!(answer.outcome(), refused(405, "SYS-05"), "{method} {path}");
        }
    }
    assert!(gateway.service.seen().is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_path_with_escaped_letters_is_the_path_they_spell() {
    let gateway = Gateway::start().await;

    let answer = gateway.get("/%65vent/?limit=%31").await;

    assert_eq!(answer.json()["path"], "/event/");
    assert_eq!(answer.json()["query"], "limit=%31");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_segment_of_an_id_is_forwarded_as_it_was_sent() {
    let gateway = Gateway::start().await;

    for segment in ["%ff%00", "a;b=c", "%61", "a..", "x:y@z", "~", "'"] {
        let mut raw = gateway.raw().await;
        let answer = raw.exchange(format!("GET /event/{segment}/ HTTP/1.1\r\nHost: x\r\n\r\n")).await;
        assert_eq!(answer.status, 200, "{segment}: {answer:?}");
        assert!(answer.body.contains(&format!(r#""path":"/event/{segment}/""#)), "{segment}: {answer:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_id_that_a_proxy_may_read_as_another_path_is_rejected() {
    let gateway = Gateway::start().await;

    for segment in
        ["..%2Finternal%2Ffeed", "a%2fb", "a%5Cb", "%2e%2e", "..", ".", "%2E", "a%252fb", "%zz", "a%00%2f"]
    {
        let mut raw = gateway.raw().await;
        let answer = raw.exchange(format!("GET /event/{segment}/ HTTP/1.1\r\nHost: x\r\n\r\n")).await;
        assert_eq!(answer.status, 400, "{segment}: {answer:?}");
        assert!(answer.body.contains("EVENT-02"), "{segment}: {answer:?}");
    }
    assert!(gateway.service.seen().is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn head_answers_like_get_without_the_body() {
    let gateway = Gateway::start().await;

    for path in ["/health/", "/event/", "/openapi.json", "/docs/"] {
        let mut raw = gateway.raw().await;
        let get = raw.exchange(format!("GET {path} HTTP/1.1\r\nHost: x\r\n\r\n")).await;
        raw.write(format!("HEAD {path} HTTP/1.1\r\nHost: x\r\n\r\n")).await;
        let head = raw.answer_without_body().await.unwrap();

        assert_eq!(head.status, 200, "{path}");
        for header in ["content-type", "content-length"] {
            assert_eq!(head.header(header), get.header(header), "{header} of {path}");
        }
        let after = raw.exchange("GET /health/ HTTP/1.1\r\nHost: x\r\n\r\n").await;
        assert_eq!(after.status, 200, "the connection is still good after HEAD {path}");
    }
    assert!(gateway.service.seen().iter().all(|seen| seen.method == "GET"));
}

#[tokio::test(flavor = "multi_thread")]
async fn the_document_is_served_and_readable_without_the_internet() {
    let gateway = Gateway::start().await;

    let document = gateway.get("/openapi.json").await;
    assert_eq!(document.header("content-type"), Some("application/json"));
    assert_eq!(document.json()["openapi"], "3.1.0");

    let page = gateway.get("/docs").await;
    assert_eq!(page.header("content-type"), Some("text/html; charset=utf-8"));
    assert!(page.body.contains(r#"<base href="/docs/">"#), "{}", page.body);
    for attribute in
        page.body.split(['"', '\'']).filter(|text| text.ends_with(".js") || text.ends_with(".css"))
    {
        let file = gateway.get(&format!("/docs/{}", attribute.trim_start_matches("./"))).await;
        assert_eq!(file.status, 200, "{attribute}");
    }
    assert!(!page.body.contains("http://") && !page.body.contains("https://"), "{}", page.body);
    let initializer = gateway.get("/docs/swagger-initializer.js").await;
    assert!(initializer.body.contains("/openapi.json"), "{}", initializer.body);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_page_of_the_document_runs_only_its_own_scripts_and_nobody_may_frame_it() {
    let gateway = Gateway::start().await;

    for path in ["/docs/", "/docs/swagger-initializer.js", "/docs/swagger-ui.css"] {
        let page = gateway.get(path).await;
        assert!(
            page.header("content-type").is_some_and(|value| value.ends_with("; charset=utf-8")),
            "{path}"
        );
        assert_eq!(page.header("x-content-type-options"), Some("nosniff"), "{path}");
        assert_eq!(page.header("referrer-policy"), Some("no-referrer"), "{path}");
        let policy = page.header("content-security-policy").unwrap();
        for part in ["default-src 'none'", "script-src 'self';", "frame-ancestors 'none'"] {
            assert!(policy.contains(part), "{path}: {policy}");
        }
    }
    assert!(!gateway.get("/docs/").await.body.contains("<script>"), "its policy forbids inline scripts");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_page_of_the_document_can_be_turned_off() {
    let gateway = Gateway::start_with(&["--docs", "off"], SeenRequest::echo).await;

    for path in ["/docs/", "/docs", "/docs/swagger-ui.css"] {
        assert_eq!(gateway.get(path).await.outcome(), refused(404, "SYS-04"), "{path}");
    }
    assert_eq!(gateway.get("/openapi.json").await.status, 200);
}

#[tokio::test(flavor = "multi_thread")]
async fn personal_data_is_kept_out_of_caches() {
    let gateway = Gateway::start().await;

    for (method, path) in [
        ("POST", "/user/login/"),
        ("GET", "/user/bookings/"),
        ("GET", "/user/tickets/"),
        ("GET", "/ticket/holds/"),
        ("POST", "/ticket/reserve/"),
        ("GET", "/analytics/"),
    ] {
        let request = gateway.request(method, path).bearer_auth(admin_token());
        assert_eq!(gateway.send(request).await.header("cache-control"), Some("no-store"), "{path}");
    }
    assert_eq!(
        gateway.get("/user/bookings/").await.header("cache-control"),
        Some("no-store"),
        "a rejection too"
    );
    assert_eq!(gateway.get("/event/").await.header("cache-control"), None);
}

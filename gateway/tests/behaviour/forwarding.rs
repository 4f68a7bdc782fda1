//! What reaches a service, and what comes back from it.

use actix_web::{HttpResponse, http::header};

use reqwest::header::HeaderValue;

use crate::fixtures::{CREDENTIAL, Gateway, SeenRequest, admin_token, user_token};

#[tokio::test(flavor = "multi_thread")]
async fn query_and_body_are_forwarded_unchanged() {
    let gateway = Gateway::start().await;
    let body = "{\"name\":\"\u{0}Zoë\", \"x\":1e400}\r\n";

    let request = gateway.request("POST", "/event/update?a=%20b&a=+&%zz=\"{}|").bearer_auth(admin_token());
    let answer = gateway.send(request.body(body)).await;

    assert_eq!(answer.status, 200);
    let seen = &gateway.service.seen()[0];
    assert_eq!((seen.method.as_str(), seen.path.as_str()), ("POST", "/event/update/"));
    assert_eq!(seen.body, body);
    // The client's library escapes the quote, not the gateway.
    assert_eq!(seen.query, "a=%20b&a=+&%zz=%22{}|");
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_of_the_clients_head_reaches_a_service_but_its_trace() {
    let gateway = Gateway::start().await;
    let trace = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";

    let request = gateway
        .request("GET", "/user/bookings/")
        .bearer_auth(user_token())
        .header("Cookie", "a=b")
        .header("X-Forwarded-For", "203.0.113.9")
        .header("X-Anything", "x")
        .header("Traceparent", trace)
        .header("Tracestate", "a=1");
    gateway.send(request).await;

    let headers = &gateway.service.seen()[0].headers;
    let names: Vec<&str> = headers.keys().map(String::as_str).collect();
    let expected = [
        "host",
        "traceparent",
        "tracestate",
        "x-booked-credential",
        "x-booked-deadline-ms",
        "x-booked-user-email",
        "x-booked-user-id",
        "x-booked-user-role",
        "x-request-id",
    ];
    assert_eq!(names, expected);
    assert_eq!(headers["traceparent"], trace);
    assert_eq!(headers["x-booked-credential"], CREDENTIAL);
    assert_eq!(headers["host"], gateway.service.address().to_string());
}

#[tokio::test(flavor = "multi_thread")]
async fn only_the_user_service_gets_the_clients_address_and_not_from_the_client() {
    let gateway = Gateway::start_with(&["--trusted-proxies", "1"], SeenRequest::echo).await;
    let client_address = async |method: &str, path: &str, forwarded_for: &'static [u8]| {
        let request = gateway.request(method, path).header("X-Booked-Client-Address", "192.0.2.1");
        let request = request.header("X-Forwarded-For", "198.51.100.1");
        let answer =
            gateway.send(request.header("X-Forwarded-For", HeaderValue::from_bytes(forwarded_for).unwrap()));
        answer.await.json()["headers"]["x-booked-client-address"].as_str().map(str::to_owned)
    };

    for path in ["/user/login/", "/user/register/"] {
        assert_eq!(client_address("POST", path, b"203.0.113.9").await.as_deref(), Some("203.0.113.9"));
        assert_eq!(
            client_address("POST", path, b"2001:db8:1:2:3::4").await.as_deref(),
            Some("2001:db8:1:2::")
        );
        assert_eq!(client_address("POST", path, b"\xff, 203.0.113.9").await.as_deref(), Some("203.0.113.9"));
    }
    assert_eq!(client_address("GET", "/event/", b"203.0.113.9").await, None);
}

#[tokio::test(flavor = "multi_thread")]
async fn clients_get_what_they_need_of_a_services_head() {
    let gateway = Gateway::start_with(&[], |_| {
        HttpResponse::Created()
            .insert_header((header::LOCATION, "/event/some-id/"))
            .insert_header((header::SERVER, "secret/1.0"))
            .insert_header(("X-Booked-User-Email", "YQ"))
            .insert_header(("X-Internal", "x"))
            .insert_header((header::SET_COOKIE, "a=b"))
            .finish()
    })
    .await;

    let answer = gateway.send(gateway.request("POST", "/event/").bearer_auth(admin_token())).await;

    assert_eq!((answer.status, answer.body.as_str()), (201, ""));
    let mut names: Vec<&str> = answer.headers.keys().map(|name| name.as_str()).collect();
    names.sort_unstable();
    assert_eq!(names, ["cache-control", "content-length", "date", "location", "x-request-id"]);
    assert_eq!(answer.header("location"), Some("/event/some-id/"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_services_error_is_relayed_with_its_retry_after() {
    let gateway = Gateway::start_with(&[], |_| {
        HttpResponse::ServiceUnavailable()
            .insert_header((header::RETRY_AFTER, "7"))
            .content_type("application/json")
            .body(r#"{"category":"SYS","category_code":"SYS-07","msg":"service unavailable"}"#)
    })
    .await;

    let answer = gateway.get("/event/").await;

    assert_eq!(answer.outcome(), (503, "SYS-07".to_owned()));
    assert_eq!(answer.header("retry-after"), Some("7"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_log_in_is_rejected_by_its_service_and_not_by_the_gateway() {
    let gateway = Gateway::start_with(&[], |_| {
        HttpResponse::Unauthorized()
            .content_type("application/json")
            .body(r#"{"category":"USER","category_code":"USER-04","msg":"wrong password"}"#)
    })
    .await;

    let answer = gateway.send(gateway.request("POST", "/user/login/").body("{}")).await;

    assert_eq!(answer.outcome(), (401, "USER-04".to_owned()));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_clients_own_request_id_is_kept_if_it_is_valid() {
    let gateway = Gateway::start().await;
    let longest = "x".repeat(128);

    for own in ["a", "A-1_b.2", longest.as_str()] {
        let answer = gateway.send(gateway.request("GET", "/event/").header("X-Request-Id", own)).await;
        assert_eq!(answer.header("x-request-id"), Some(own));
        assert_eq!(answer.json()["headers"]["x-request-id"], own);
    }
    let too_long = "x".repeat(129);
    for bad in ["", " ", "a b", "a/b", "a\u{e9}", "{}", too_long.as_str()] {
        let answer = gateway.send(gateway.request("GET", "/event/").header("X-Request-Id", bad)).await;
        let given = answer.header("x-request-id").unwrap();
        assert_ne!(given, bad);
        assert_eq!(given.len(), 36, "a new one instead of {bad:?}: {given}");
        assert_eq!(answer.json()["headers"]["x-request-id"], given);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn every_response_has_a_request_id_of_its_own() {
    let gateway = Gateway::start().await;
    let mut ids = Vec::new();

    for (method, path) in [
        ("GET", "/health/"),
        ("GET", "/openapi.json"),
        ("GET", "/docs/"),
        ("GET", "/nowhere/"),
        ("PUT", "/event/"),
        ("HEAD", "/event/"),
        ("GET", "/analytics/"),
        ("GET", "/event/"),
        ("OPTIONS", "/event/"),
    ] {
        let answer = gateway.send(gateway.request(method, path)).await;
        ids.push(answer.header("x-request-id").expect("a request id").to_owned());
    }

    let count = ids.len();
    ids.sort_unstable();
    ids.dedup();
    assert_eq!(ids.len(), count);
}

#[tokio::test(flavor = "multi_thread")]
async fn long_responses_arrive_whole() {
    const MIB: usize = 1 << 20;
    let gateway = Gateway::start_with(&[], |seen: &SeenRequest| {
        let bytes: usize = seen.query.parse().unwrap();
        let line = "0123456789abcde\n";
        HttpResponse::Ok().content_type("application/json").body(line.repeat(bytes / line.len()))
    })
    .await;

    for bytes in [0, 16, MIB, 16 * MIB, 17 * MIB, 40 * MIB] {
        let answer = gateway.get(&format!("/event/?{bytes}")).await;
        assert_eq!((answer.status, answer.body.len()), (200, bytes));
        assert!(answer.body.lines().all(|line| line == "0123456789abcde"), "{bytes} bytes, in order");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn one_connection_to_a_service_serves_many_requests() {
    let gateway = Gateway::start_with(&["--upstream-connections-max", "1"], SeenRequest::echo).await;

    let requests = std::iter::repeat_with(|| gateway.get("/event/")).take(50);
    for answer in futures_util::future::join_all(requests).await {
        assert_eq!(answer.status, 200);
    }
}

//! What responses say of rates. Each request that is compared exactly is the first of its address or its user.

use crate::fixtures::{Answer, Gateway, SeenRequest, admin_token, user_token};

const POLICY: &str = "ratelimit-policy";
const LEFT: &str = "ratelimit";

/// The number of this parameter, of this policy.
fn parameter(answer: &Answer, policy: &str, name: char) -> u64 {
    let left = answer.header(LEFT).unwrap();
    let item = left.split(", ").find_map(|item| item.strip_prefix(&format!("\"{policy}\";"))).unwrap();
    item.split(';').find_map(|item| item.strip_prefix(&format!("{name}="))).unwrap().parse().unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn every_response_says_what_its_address_may_ask_for_and_has_left() {
    let flags = ["--address-rate-per-s", "1", "--address-burst", "100", "--trusted-proxies", "1"];
    let gateway = Gateway::start_with(&flags, SeenRequest::echo).await;

    for (client, (method, path, status, cost)) in [
        ("GET", "/event/", 200, 1),
        ("HEAD", "/event", 200, 1),
        ("POST", "/user/login/", 200, 50),
        ("POST", "/ticket/reserve/", 401, 5),
        ("GET", "/nowhere/", 404, 1),
        ("PUT", "/event/", 405, 1),
        ("GET", "/openapi.json", 200, 1),
    ]
    .into_iter()
    .enumerate()
    {
        let request = gateway.request(method, path).header("X-Forwarded-For", format!("203.0.113.{client}"));
        let answer = gateway.send(request).await;
        assert_eq!(answer.status, status, "{method} {path}");
        assert_eq!(answer.header(POLICY), Some(r#""address";q=100;w=100"#), "{method} {path}");
        let left = format!(r#""address";r={};t={cost}"#, 100 - cost);
        assert_eq!(answer.header(LEFT), Some(left.as_str()), "{method} {path}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_response_to_a_user_says_it_of_the_user_too() {
    let flags = ["--address-rate-per-s", "10", "--address-burst", "105", "--user-rate-per-s", "2"];
    let flags = [&flags[..], &["--user-burst", "50"]].concat();
    let gateway = Gateway::start_with(&flags, SeenRequest::echo).await;

    let answer = gateway.send(gateway.request("POST", "/ticket/cancel/").bearer_auth(user_token())).await;

    assert_eq!(answer.header(POLICY), Some(r#""address";q=105;w=11, "user";q=50;w=25"#));
    assert_eq!(answer.header(LEFT), Some(r#""address";r=100;t=1, "user";r=45;t=3"#));
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_not_limited_is_not_mentioned() {
    let unlimited = Gateway::start().await;
    let only_users =
        Gateway::start_with(&["--user-rate-per-s", "1", "--user-burst", "9"], SeenRequest::echo).await;
    let both = ["--address-rate-per-s", "1", "--address-burst", "99", "--user-rate-per-s", "1"];
    let both = Gateway::start_with(&both, SeenRequest::echo).await;
    let bookings = |gateway: &Gateway, token| gateway.request("GET", "/user/bookings/").bearer_auth(token);

    for (gateway, request, expected) in [
        (&unlimited, unlimited.request("GET", "/event/"), None),
        (&unlimited, bookings(&unlimited, user_token()), None),
        (&only_users, only_users.request("GET", "/event/"), None),
        (&only_users, bookings(&only_users, admin_token()), None),
        (&only_users, bookings(&only_users, user_token()), Some(r#""user";q=9;w=9"#)),
        (&both, both.request("GET", "/health/"), None),
        (&both, bookings(&both, admin_token()), Some(r#""address";q=99;w=99"#)),
    ] {
        let answer = gateway.send(request).await;
        assert_eq!(answer.status, 200);
        assert_eq!(answer.header(POLICY), expected);
        assert_eq!(answer.header(LEFT).is_some(), expected.is_some());
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_429_says_that_less_is_left_than_the_request_costs() {
    let flags = ["--address-rate-per-s", "1", "--address-burst", "60"];
    let gateway = Gateway::start_with(&flags, SeenRequest::echo).await;

    let first = gateway.send(gateway.request("POST", "/user/login/")).await;
    assert_eq!((first.status, parameter(&first, "address", 'r')), (200, 10));
    let second = gateway.send(gateway.request("POST", "/user/login/")).await;

    assert_eq!(second.status, 429);
    assert_eq!(second.header(POLICY), Some(r#""address";q=60;w=60"#));
    assert!((10..50).contains(&parameter(&second, "address", 'r')), "{second:?}");
    let retry_after: u64 = second.header("retry-after").unwrap().parse().unwrap();
    assert_eq!(parameter(&second, "address", 't'), retry_after, "it is not full again before");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_size_of_a_body_counts_before_the_response_says_what_is_left() {
    let flags = ["--user-rate-per-s", "1", "--user-burst", "300"];
    let gateway = Gateway::start_with(&flags, SeenRequest::echo).await;
    let sent = async || {
        let request = gateway.request("POST", "/ticket/book/").bearer_auth(user_token());
        gateway.send(request.body(" ".repeat(200 << 10))).await
    };

    let first = sent().await;
    assert_eq!(first.status, 200);
    // 5 for the request and 200 for its body; what comes back meanwhile is much less.
    assert!((95..190).contains(&parameter(&first, "user", 'r')), "{first:?}");
    let second = sent().await;
    assert_eq!(second.status, 429, "because of its body");
    assert!((90..200).contains(&parameter(&second, "user", 'r')), "{second:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_replica_says_its_share() {
    let flags = ["--address-rate-per-s", "10", "--address-burst", "100", "--gateway-replicas", "10"];
    let gateway = Gateway::start_with(&flags, SeenRequest::echo).await;

    let answer = gateway.get("/event/").await;

    assert_eq!(answer.header(POLICY), Some(r#""address";q=10;w=10"#));
    assert_eq!(answer.header(LEFT), Some(r#""address";r=9;t=1"#));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_request_that_waits_for_100_continue_is_counted_once_and_told_so() {
    for (token, status) in [(user_token(), 200), ("none".to_owned(), 401)] {
        let flags = ["--address-rate-per-s", "1", "--address-burst", "100"];
        let gateway = Gateway::start_with(&flags, SeenRequest::echo).await;
        let mut raw = gateway.raw().await;

        raw.write(format!(
            "POST /ticket/book/ HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {token}\r\nExpect: 100-continue\r\n\
             Content-Length: 2\r\n\r\n"
        ))
        .await;
        let answer = raw.exchange("{}").await;

        assert_eq!(answer.status, status);
        assert_eq!(answer.header(LEFT), Some(r#""address";r=95;t=5"#));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_service_says_of_its_own_limits_is_not_relayed() {
    let gateway = Gateway::start_with(&[], |_| {
        actix_web::HttpResponse::Ok().insert_header((LEFT, r#""other";r=1"#)).finish()
    })
    .await;

    assert_eq!(gateway.get("/event/").await.header(LEFT), None);
}

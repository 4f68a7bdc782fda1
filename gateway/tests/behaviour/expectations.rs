//! Clients that wait for `100 Continue` before they send a body.

use crate::fixtures::{Gateway, SeenRequest, admin_token, user_token};

fn expecting(target: &str, length: usize, token: &str) -> String {
    let token = match token {
        "" => String::new(),
        token => format!("Authorization: Bearer {token}\r\n"),
    };
    format!("{target} HTTP/1.1\r\nHost: x\r\n{token}Expect: 100-continue\r\nContent-Length: {length}\r\n\r\n")
}

#[tokio::test(flavor = "multi_thread")]
async fn an_error_that_the_head_decides_comes_instead_of_100_continue() {
    let gateway = Gateway::start().await;
    let (user, admin) = (user_token(), admin_token());

    for (target, length, token, status, code) in [
        ("POST /nowhere/", 10, "", 404, "SYS-04"),
        ("PUT /event/", 10, "", 405, "SYS-05"),
        ("POST /ticket/book/", 10, "", 401, "USER-06"),
        ("POST /event/", 10, user.as_str(), 401, "USER-01"),
        ("POST /user/login/", 3 << 20, "", 413, "SYS-09"),
        ("POST /event/", 3 << 20, admin.as_str(), 413, "SYS-09"),
    ] {
        let answer = gateway.raw().await.exchange(expecting(target, length, token)).await;
        assert_eq!(answer.status, status, "{target}");
        assert!(answer.body.contains(code), "{target}: {answer:?}");
        assert!(!answer.is_continued, "{target}");
        assert!(answer.has_request_id(), "{target}");
    }
    assert!(gateway.service.seen().is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn an_exceeded_limit_is_answered_before_the_body() {
    let flags = ["--address-rate-per-s", "1", "--address-burst", "50"];
    let gateway = Gateway::start_with(&flags, SeenRequest::echo).await;

    let mut raw = gateway.raw().await;
    raw.write(expecting("POST /user/login/", 2, "")).await;
    let first = raw.exchange("{}").await;
    assert_eq!((first.status, first.is_continued), (200, true), "a request that passes is counted once");

    let second = gateway.raw().await.exchange(expecting("POST /user/login/", 2, "")).await;
    assert_eq!((second.status, second.is_continued), (429, false));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_request_that_passes_is_continued_and_served() {
    let gateway = Gateway::start().await;

    let mut raw = gateway.raw().await;
    for _ in 0..2 {
        raw.write(expecting("POST /ticket/book/", 2, &user_token())).await;
        let answer = raw.exchange("{}").await;
        assert_eq!((answer.status, answer.is_continued), (200, true));
    }

    let bodies: Vec<String> = gateway.service.seen().into_iter().map(|seen| seen.body).collect();
    assert_eq!(bodies, ["{}", "{}"]);
}

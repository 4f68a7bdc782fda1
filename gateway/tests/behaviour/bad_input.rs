//! Whatever is sent gets a response, and the connection stays open if it can.

use std::time::{Duration, Instant};

use crate::fixtures::{Gateway, RawClient, admin_token};

const MIB: usize = 1 << 20;

async fn is_still_good(raw: &mut RawClient) -> bool {
    raw.exchange("GET /health/ HTTP/1.1\r\nHost: x\r\n\r\n").await.status == 200
}

#[tokio::test(flavor = "multi_thread")]
async fn strange_but_well_formed_requests_get_responses_of_the_contract() {
    let gateway = Gateway::start().await;
    let many_headers: String = (0..94).map(|index| format!("X-{index}: v\r\n")).collect();
    let big_header = format!("X-Big: {}\r\n", "v".repeat(65_000));
    let long_query = "q".repeat(60_000);
    let long_id = "i".repeat(60_000);

    for (request, status) in [
        ("GET /event/ HTTP/1.1\r\nHost: x\r\n\r\n".to_owned(), 200),
        ("GET /event/ HTTP/1.0\r\nConnection: keep-alive\r\n\r\n".to_owned(), 200),
        ("GET http://elsewhere.example/event/?a=b HTTP/1.1\r\nHost: x\r\n\r\n".to_owned(), 200),
        ("GET http://elsewhere.example HTTP/1.1\r\nHost: x\r\n\r\n".to_owned(), 404),
        ("OPTIONS * HTTP/1.1\r\nHost: x\r\n\r\n".to_owned(), 404),
        ("OPTIONS /event/ HTTP/1.1\r\nHost: x\r\n\r\n".to_owned(), 405),
        ("TRACE /event/ HTTP/1.1\r\nHost: x\r\n\r\n".to_owned(), 405),
        ("M-SEARCH /event/ HTTP/1.1\r\nHost: x\r\n\r\n".to_owned(), 405),
        ("GET /event/?%ff%00%zz&&=&[]{}|'\\^` HTTP/1.1\r\nHost: x\r\n\r\n".to_owned(), 200),
        (format!("GET /event/?{long_query} HTTP/1.1\r\nHost: x\r\n\r\n"), 200),
        (format!("GET /event/{long_id} HTTP/1.1\r\nHost: x\r\n\r\n"), 200),
        (format!("GET /event/ HTTP/1.1\r\nHost: x\r\n{many_headers}\r\n"), 200),
        (format!("GET /event/ HTTP/1.1\r\nHost: x\r\n{big_header}\r\n"), 200),
        ("GET /event/ HTTP/1.1\r\nHost: x\r\nX-Twice: 1\r\nX-Twice: 2\r\nEmpty:\r\n\r\n".to_owned(), 200),
        ("GET /event/ HTTP/1.1\r\nHost: x\r\nExpect: something\r\n\r\n".to_owned(), 200),
        ("GET /event/ HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\n\r\n{}".to_owned(), 200),
        ("POST /user/login/ HTTP/1.1\r\nHost: x\r\n\r\n".to_owned(), 200),
        ("POST /user/login/ HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\nContent-Type: ;;;\r\n\r\n{}".to_owned(), 200),
        (
            "POST /user/login/ HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n1;x=y\r\n{\r\n1\r\n}\r\n0\r\nT: t\r\n\r\n"
                .to_owned(),
            200,
        ),
        (
            "POST /user/login/ HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\nContent-Length: 2\r\n\r\n{}".to_owned(),
            200,
        ),
    ] {
        let what: String = request.chars().take(80).collect();
        let mut raw = gateway.raw().await;
        let answer = raw.exchange(&request).await;
        assert_eq!(answer.status, status, "{what}");
        assert!(answer.has_request_id(), "{what}");
        assert!(is_still_good(&mut raw).await, "{what}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn headers_that_are_not_text_do_no_harm() {
    let gateway = Gateway::start().await;
    let names =
        ["Authorization", "X-Request-Id", "Origin", "Traceparent", "X-Forwarded-For", "Cookie", "Accept"];

    for name in names {
        let mut request = format!("GET /event/ HTTP/1.1\r\nHost: x\r\n{name}: ").into_bytes();
        request.extend([0xff, 0x80, b'a', 0xc3, b'\r', b'\n', b'\r', b'\n']);
        let mut raw = gateway.raw().await;
        let answer = raw.exchange(&request).await;
        assert_eq!(answer.status, 200, "{name}: {answer:?}");
        assert!(is_still_good(&mut raw).await, "{name}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_request_for_another_protocol_is_answered_in_ours() {
    let gateway = Gateway::start().await;
    let upgrade = "Host: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n";

    for (request, status) in [
        (format!("GET /event/ HTTP/1.1\r\n{upgrade}\r\n"), 200),
        ("GET /event/ HTTP/1.1\r\nHost: x\r\nConnection: upgrade\r\nUpgrade: h2c\r\n\r\n".to_owned(), 200),
        (format!("POST /user/login/ HTTP/1.1\r\n{upgrade}Content-Length: 2\r\n\r\n{{}}"), 200),
        (format!("GET /nowhere/ HTTP/1.1\r\n{upgrade}\r\n"), 404),
        ("CONNECT elsewhere.example:443 HTTP/1.1\r\nHost: x\r\n\r\n".to_owned(), 404),
    ] {
        let start = Instant::now();
        let answer = gateway.raw().await.exchange(&request).await;
        assert_eq!(answer.status, status, "{request}");
        assert_eq!(answer.header("connection"), Some("close"), "{request}");
        assert!(start.elapsed() < Duration::from_secs(5), "{request}");
    }
    let login = gateway.service.seen().into_iter().find(|seen| seen.path == "/user/login/").unwrap();
    assert_eq!(login.body, "{}");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_not_well_formed_is_rejected_and_reaches_no_service() {
    let gateway = Gateway::start().await;
    let too_many_headers: String = (0..97).map(|index| format!("X-{index}: v\r\n")).collect();
    let huge_head = format!("X-Huge: {}\r\n", "v".repeat(200_000));

    for (request, status) in [
        ("nonsense\r\n\r\n".to_owned(), 400),
        ("GET /event/ HTTP/1.1\r\n\r\n".to_owned(), 400),
        ("GET /event/ HTTP/1.1\r\nHost: x\r\nHost: y\r\n\r\n".to_owned(), 400),
        ("GET /event/ HTTP/1.1\r\nHost: x\r\nbad header\r\n\r\n".to_owned(), 400),
        ("GET /ev ent/ HTTP/1.1\r\nHost: x\r\n\r\n".to_owned(), 400),
        ("GET /event/<> HTTP/1.1\r\nHost: x\r\n\r\n".to_owned(), 400),
        ("POST /user/login/ HTTP/1.1\r\nHost: x\r\nContent-Length: -1\r\n\r\n".to_owned(), 400),
        ("POST /user/login/ HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\nContent-Length: 3\r\n\r\n{}".to_owned(), 400),
        (
            "POST /user/login/ HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n{}"
                .to_owned(),
            400,
        ),
        (
            "POST /user/login/ HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n{}\r\n0\r\n\r\n".to_owned(),
            400,
        ),
        (format!("GET /event/ HTTP/1.1\r\nHost: x\r\n{too_many_headers}\r\n"), 431),
        (format!("GET /event/ HTTP/1.1\r\nHost: x\r\n{huge_head}\r\n"), 431),
        ("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n".to_owned(), 400),
        ("\u{16}\u{3}\u{1}\u{2}\u{0}\r\n\r\n".to_owned(), 400),
    ] {
        let what: String = request.chars().take(80).collect();
        let answer = gateway.raw().await.exchange(&request).await;
        assert_eq!(answer.status, status, "{what}");
    }
    assert!(gateway.service.seen().is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_body_of_one_mebibyte_is_accepted_and_a_byte_more_is_not() {
    let gateway = Gateway::start().await;
    let token = admin_token();

    for (bytes, framing) in [(MIB, "length"), (MIB + 1, "length"), (9 * MIB, "length"), (MIB + 1, "chunked")]
    {
        let body = vec![b' '; bytes];
        let mut request =
            format!("POST /event/ HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {token}\r\n").into_bytes();
        if framing == "length" {
            request.extend(format!("Content-Length: {bytes}\r\n\r\n").into_bytes());
            request.extend(body);
        } else {
            request.extend(format!("Transfer-Encoding: chunked\r\n\r\n{bytes:x}\r\n").into_bytes());
            request.extend(body);
            request.extend(b"\r\n0\r\n\r\n");
        }
        let mut raw = gateway.raw().await;
        let answer = raw.exchange(request).await;
        let expected = if bytes == MIB { 200 } else { 413 };
        assert_eq!(answer.status, expected, "{bytes} bytes by {framing}");
        assert!(answer.has_request_id(), "{bytes} bytes by {framing}");
        if bytes > MIB {
            assert!(answer.body.contains("SYS-09"), "{answer:?}");
        }
        if bytes < 8 * MIB {
            assert!(is_still_good(&mut raw).await, "after {bytes} bytes by {framing}");
        }
    }
    assert_eq!(gateway.service.seen().len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_early_rejection_leaves_the_connection_open_for_the_next_request() {
    let gateway = Gateway::start().await;
    let body = "x".repeat(100_000);

    let mut raw = gateway.raw().await;
    for (target, status) in
        [("POST /event/", 401), ("POST /nowhere/", 404), ("PUT /event/", 405), ("POST /ticket/book/", 401)]
    {
        let length = body.len();
        let request = format!("{target} HTTP/1.1\r\nHost: x\r\nContent-Length: {length}\r\n\r\n{body}");
        assert_eq!(raw.exchange(&request).await.status, status, "{target}");
    }
    assert!(is_still_good(&mut raw).await);
}

#[tokio::test(flavor = "multi_thread")]
async fn requests_that_are_sent_without_waiting_are_answered_in_order() {
    let gateway = Gateway::start().await;
    let mut raw = gateway.raw().await;

    let requests: String =
        (0..40).map(|index| format!("GET /event/?{index} HTTP/1.1\r\nHost: x\r\n\r\n")).collect();
    raw.write(requests).await;

    for index in 0..40 {
        let answer = raw.answer().await.unwrap();
        assert!(answer.body.contains(&format!(r#""query":"{index}""#)), "{index}: {answer:?}");
    }
}

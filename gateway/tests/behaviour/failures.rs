//! What a failure behind the gateway means for a client.

use std::{
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use actix_web::HttpResponse;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

use crate::fixtures::{
    Gateway, READ, ScriptedService, SeenRequest, WRITE, call, read_request, refused, start_in_front_of,
    unused_url,
};

#[tokio::test(flavor = "multi_thread")]
async fn an_unreachable_service_is_503_for_reads_and_writes() {
    let (gateway, _life) = start_in_front_of(&[], &[unused_url().await]).await;

    for request in [READ, WRITE] {
        let (outcome, duration) = call(gateway, request).await;
        assert_eq!(outcome, refused(503, "SYS-07"), "{request:?}");
        assert!(duration < Duration::from_secs(3), "{request:?}: {duration:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_write_that_was_sent_and_lost_is_504_and_never_repeated() {
    let closes = ScriptedService::start(|mut stream| async move {
        read_request(&mut stream).await;
    })
    .await;
    let (gateway, _life) = start_in_front_of(&[], std::slice::from_ref(&closes.url)).await;
    let before = closes.connections();

    let (outcome, _) = call(gateway, WRITE).await;

    assert_eq!(outcome, refused(504, "SYS-08"));
    // Keys are fetched in the meantime, on connections of their own, so only the gateway's response tells.
    assert!(closes.connections() > before);
}

#[tokio::test(flavor = "multi_thread")]
async fn writes_are_sent_once_and_reads_twice_if_the_response_is_lost() {
    for (request, expected, sent) in [(WRITE, refused(504, "SYS-08"), 1), (READ, refused(503, "SYS-07"), 2)] {
        let heard = Arc::new(AtomicUsize::new(0));
        let counted = Arc::clone(&heard);
        let breaks_off = ScriptedService::start(move |mut stream| {
            let heard = Arc::clone(&counted);
            async move {
                let mut buffer = vec![0; 65_536];
                let bytes = stream.read(&mut buffer).await.unwrap_or(0);
                if !buffer[..bytes].starts_with(b"GET /internal/") && bytes > 0 {
                    heard.fetch_add(1, Ordering::Relaxed);
                    let _ = stream.write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{").await;
                }
            }
        })
        .await;
        let (gateway, _life) = start_in_front_of(&[], &[breaks_off.url]).await;

        let (outcome, _) = call(gateway, request).await;

        assert_eq!(outcome, expected, "{request:?}");
        assert_eq!(heard.load(Ordering::Relaxed), sent, "{request:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_service_that_never_answers_is_503_for_reads_and_504_for_writes_in_time() {
    let silent =
        ScriptedService::start(|mut stream| async move { while read_request(&mut stream).await {} }).await;
    let services = [silent.url];
    let (gateway, _life) = start_in_front_of(&[], &services).await;

    let (read, write) = tokio::join!(call(gateway, READ), call(gateway, WRITE));

    assert_eq!(read.0, refused(503, "SYS-07"));
    assert_eq!(write.0, refused(504, "SYS-08"));
    for (_, duration) in [read, write] {
        assert!(duration < Duration::from_secs(3), "{duration:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_no_client_may_see_does_not_get_through() {
    let gateway = Gateway::start_with(&[], |seen: &SeenRequest| {
        let (status, body) = seen.query.split_once('&').unwrap();
        let status = actix_web::http::StatusCode::from_u16(status.parse().unwrap()).unwrap();
        let body = match body {
            "html" => "<h1>postgres://user:secret@10.0.0.1 failed</h1>".to_owned(),
            code => format!(r#"{{"category":"X","category_code":"{code}","msg":"secret"}}"#),
        };
        HttpResponse::build(status).content_type("application/json").body(body)
    })
    .await;
    let unavailable = refused(503, "SYS-07");
    let unknown = refused(500, "SYS-02");
    let perhaps_done = refused(504, "SYS-08");

    for (from_service, to_reader, to_writer) in [
        ("500&html", &unknown, &unknown),
        ("400&html", &unknown, &unknown),
        ("301&html", &unknown, &unknown),
        ("502&html", &unavailable, &perhaps_done),
        ("503&html", &unavailable, &perhaps_done),
        ("504&html", &unavailable, &perhaps_done),
        ("404&html", &unknown, &unknown),
        ("404&SYS-04", &unavailable, &unavailable),
        ("405&SYS-05", &unavailable, &unavailable),
        ("401&USER-06", &unavailable, &unavailable),
    ] {
        for ((method, path), expected) in [(READ, to_reader), (WRITE, to_writer)] {
            let answer =
                gateway.send(gateway.request(method, &format!("{path}?{from_service}")).body("{}")).await;
            assert_eq!(&answer.outcome(), expected, "{method} with {from_service}");
            assert!(!answer.body.contains("secret"), "{}", answer.body);
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_service_that_does_not_know_our_credential_looks_unavailable() {
    let refuses = ScriptedService::start(|mut stream| async move {
        while read_request(&mut stream).await {
            let body = r#"{"category":"USER","category_code":"USER-06","msg":"token missing or invalid"}"#;
            let head = format!("HTTP/1.1 401 Unauthorized\r\nContent-Length: {}\r\n\r\n", body.len());
            let _ = stream.write_all(format!("{head}{body}").as_bytes()).await;
        }
    })
    .await;
    let (gateway, _life) = start_in_front_of(&[], &[refuses.url]).await;

    assert_eq!(call(gateway, WRITE).await.0, refused(503, "SYS-07"));
}

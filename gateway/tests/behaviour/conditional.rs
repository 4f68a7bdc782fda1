//! Clients that name what they have already.

use std::{
    sync::atomic::{AtomicUsize, Ordering},
    time::Duration,
};

use actix_web::{
    HttpResponse,
    http::header::{self, ETag, EntityTag},
};
use futures_util::future::join_all;

use crate::fixtures::{Answer, Gateway, admin_token, until};

/// In front of a service whose answers all have the tag `"a"`.
async fn gateway() -> Gateway {
    Gateway::start_with(&[], |_| {
        HttpResponse::Ok()
            .content_type("application/json")
            .insert_header(ETag(EntityTag::new_strong("a".to_owned())))
            .insert_header((header::CACHE_CONTROL, "no-cache"))
            .body("{}")
    })
    .await
}

async fn ask(gateway: &Gateway, method: &str, tags: &[&str]) -> Answer {
    let request = gateway.request(method, "/event/");
    gateway.send(tags.iter().fold(request, |request, tag| request.header("If-None-Match", *tag))).await
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_client_has_already_is_not_sent_again() {
    let gateway = gateway().await;
    let first = ask(&gateway, "GET", &[]).await;
    assert_eq!((first.status, first.header("etag"), first.body.as_str()), (200, Some("\"a\""), "{}"));

    for tags in [
        &["\"a\""][..],
        &["W/\"a\""],
        &["*"],
        &["\"x\", W/\"y\" ,\"a\""],
        &["\"x\",,\"a\","],
        &["\"x\"", "\"a\""],
    ] {
        for method in ["GET", "HEAD"] {
            let answer = ask(&gateway, method, tags).await;
            assert_eq!((answer.status, answer.body.as_str()), (304, ""), "{method} {tags:?}");
            assert_eq!(answer.header("etag"), Some("\"a\""), "{method} {tags:?}");
            assert_eq!(answer.header("cache-control"), Some("no-cache"), "{method} {tags:?}");
            assert!(answer.header("x-request-id").is_some(), "{method} {tags:?}");
            assert_eq!(answer.header("content-type"), None, "{method} {tags:?}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_names_another_answer_or_nothing_changes_nothing() {
    let gateway = gateway().await;
    for tags in [
        &["\"b\""][..],
        &["\"A\""],
        &["a"],
        &["\"a"],
        &["a\""],
        &["w/\"a\""],
        &["W/a"],
        &["\"\""],
        &[""],
        &[","],
        &["\"*\""],
        &["\"aa\", \"b,a\""],
        &["é\"a\""],
    ] {
        let answer = ask(&gateway, "GET", tags).await;
        assert_eq!((answer.status, answer.body.as_str()), (200, "{}"), "{tags:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_response_to_a_304_leaves_the_connection_usable() {
    let gateway = gateway().await;
    let mut raw = gateway.raw().await;
    for method in ["GET", "HEAD", "GET"] {
        raw.write(format!("{method} /event/ HTTP/1.1\r\nHost: x\r\nIf-None-Match: \"a\"\r\n\r\n")).await;
        let answer = raw.answer_without_body().await.unwrap();
        assert_eq!(answer.status, 304, "{method}");
    }
    let answer = raw.exchange("GET /event/ HTTP/1.1\r\nHost: x\r\n\r\n").await;
    assert_eq!((answer.status, answer.body.as_str()), (200, "{}"));
}

#[tokio::test(flavor = "multi_thread")]
async fn only_reads_that_succeed_and_have_a_tag_are_conditional() {
    let gateway = gateway().await;
    let change = gateway.request("POST", "/event/update/").bearer_auth(admin_token());
    assert_eq!(gateway.send(change.header("If-None-Match", "*")).await.status, 200);

    let untagged = Gateway::start().await;
    assert_eq!(ask(&untagged, "GET", &["*"]).await.status, 200);

    let missing = Gateway::start_with(&[], |_| {
        HttpResponse::NotFound()
            .content_type("application/json")
            .insert_header(ETag(EntityTag::new_strong("a".to_owned())))
            .body(r#"{"category":"EVENT","category_code":"EVENT-03","msg":"no such event"}"#)
    })
    .await;
    let answer = missing.send(missing.request("GET", "/event/x/").header("If-None-Match", "*")).await;
    assert_eq!(answer.outcome(), (404, "EVENT-03".to_owned()));
}

/// Clients with different answers share one read, and each is told about its own.
#[tokio::test(flavor = "multi_thread")]
async fn clients_that_share_a_read_may_have_different_things_already() {
    static READS: AtomicUsize = AtomicUsize::new(0);
    static OPEN: AtomicUsize = AtomicUsize::new(0);
    let gateway = Gateway::start_with(&[], |_| {
        READS.fetch_add(1, Ordering::SeqCst);
        while OPEN.load(Ordering::SeqCst) == 0 {
            std::thread::sleep(Duration::from_millis(1));
        }
        HttpResponse::Ok().insert_header(ETag(EntityTag::new_strong("a".to_owned()))).body("{}")
    })
    .await;
    let tags = |number: usize| [["\"a\""], ["\"b\""]][number % 2];
    let crowd = async {
        let asking = (0..40).map(|number| {
            let gateway = &gateway;
            async move { (number, ask(gateway, "GET", &tags(number)).await) }
        });
        join_all(asking).await
    };
    let opening = async {
        until(|| async { READS.load(Ordering::SeqCst) > 0 }).await;
        // The crowd arrives and shares the next read; a late client makes one of its own, and is told the same.
        tokio::time::sleep(Duration::from_millis(100)).await;
        OPEN.store(1, Ordering::SeqCst);
    };
    let (answers, ()) = tokio::join!(crowd, opening);
    for (number, answer) in answers {
        let expected = if number % 2 == 0 { (304, "") } else { (200, "{}") };
        assert_eq!((answer.status, answer.body.as_str()), expected, "{number}");
    }
}

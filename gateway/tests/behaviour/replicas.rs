//! Connections and replicas come and go, and clients do not notice if it can be avoided.

use std::{
    future::pending,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
};

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

use crate::fixtures::{
    FakeService, Gateway, PublishedKeys, READ, ScriptedService, SeenRequest, WRITE, call, read_request,
    refused, start_in_front_of, until, unused_url,
};

/// A response that is too long to be buffered keeps its connection in use while it is relayed.
#[tokio::test(flavor = "multi_thread")]
async fn a_request_that_found_no_free_connection_was_not_sent() {
    let writes_seen = Arc::new(AtomicUsize::new(0));
    let count = Arc::clone(&writes_seen);
    let never_ends = ScriptedService::start(move |mut stream| {
        let count = Arc::clone(&count);
        async move {
            let mut request = [0; 65_536];
            // The gateway fetches keys too.
            if stream.read(&mut request).await.is_ok() && request.starts_with(b"POST") {
                count.fetch_add(1, Ordering::Relaxed);
            }
            let _ = stream.write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 99999999\r\n\r\n").await;
            let _ = stream.write_all(&vec![b' '; 17 << 20]).await;
            pending::<()>().await;
        }
    })
    .await;
    let flags = ["--upstream-connections-max", "1", "--upstream-timeout-ms", "2000"];
    let (gateway, _life) = start_in_front_of(&flags, &[never_ends.url]).await;

    let first =
        reqwest::Client::builder().no_proxy().build().unwrap().post(format!("http://{gateway}{}", WRITE.1));
    let half_answered = first.send().await.unwrap();
    assert_eq!(half_answered.status(), 200);

    assert_eq!(call(gateway, WRITE).await.0, refused(503, "SYS-07"));
    assert_eq!(writes_seen.load(Ordering::Relaxed), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_service_that_closes_its_idle_connections_is_not_noticed() {
    let answers_once = ScriptedService::start(|mut stream| async move {
        if read_request(&mut stream).await {
            let _ = stream.write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}").await;
        }
    })
    .await;
    let (gateway, _life) = start_in_front_of(&[], std::slice::from_ref(&answers_once.url)).await;

    for index in 0..20 {
        assert_eq!(call(gateway, WRITE).await.0, (200, String::new()), "request {index}");
    }
    assert!(answers_once.connections() >= 20);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_service_that_comes_back_is_used_again() {
    let gateway = Gateway::start().await;
    assert_eq!(gateway.get("/event/").await.status, 200);
    let address = gateway.service.address().to_string();

    gateway.service.stop().await;
    until(|| async { gateway.get("/event/").await.outcome() == refused(503, "SYS-07") }).await;
    assert_eq!(gateway.get("/health/").await.status, 200);

    let _back = FakeService::start_at(&address, Arc::clone(&gateway.keys), SeenRequest::echo).await;
    assert_eq!(gateway.get("/event/").await.status, 200);
    let write = gateway.send(gateway.request("POST", "/user/register/").body("{}")).await;
    assert_eq!(write.status, 200);
}

#[tokio::test(flavor = "multi_thread")]
async fn if_one_replica_is_unreachable_the_others_serve() {
    let keys = Arc::new(PublishedKeys::default());
    let (one, two) = (
        FakeService::start(Arc::clone(&keys), SeenRequest::echo).await,
        FakeService::start(keys, SeenRequest::echo).await,
    );
    let (gateway, _life) = start_in_front_of(&[], &[one.url(), unused_url().await, two.url()]).await;

    for request in [READ, WRITE].iter().cycle().take(30) {
        assert_eq!(call(gateway, *request).await.0, (200, String::new()), "{request:?}");
    }

    let (one, two) = (one.seen().len(), two.seen().len());
    assert_eq!(one + two, 30);
    assert!(one.abs_diff(two) <= 10, "{one} and {two} requests");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_read_whose_response_was_lost_is_answered_by_another_replica() {
    let keys = Arc::new(PublishedKeys::default());
    let service = FakeService::start(keys, SeenRequest::echo).await;
    let closes = ScriptedService::start(|mut stream| async move {
        read_request(&mut stream).await;
    })
    .await;
    let (gateway, _life) = start_in_front_of(&[], &[closes.url, service.url()]).await;

    for _ in 0..10 {
        assert_eq!(call(gateway, READ).await.0, (200, String::new()));
    }
}

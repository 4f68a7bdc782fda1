//! Many requests at once: of one user, of one address, and bodies of everybody.

use std::sync::{Mutex, mpsc};

use actix_web::HttpResponse;
use futures_util::future::{join_all, select_all};

use crate::fixtures::{Gateway, RawClient, SeenRequest, refused, until, user_token};

/// A gateway in front of a service that answers `/event/` at once, and another request when the sender sends, or is dropped.
async fn held_gateway(flags: &[&str]) -> (Gateway, mpsc::Sender<()>) {
    let (release, held) = mpsc::channel();
    let held = Mutex::new(held);
    let answer = move |seen: &SeenRequest| {
        if seen.path != "/event/" {
            let _ = held.lock().unwrap().recv();
        }
        HttpResponse::Ok().json("done")
    };
    (Gateway::start_with(flags, answer).await, release)
}

fn bookings(token: &str) -> String {
    format!("GET /user/bookings/ HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {token}\r\n\r\n")
}

async fn asking(gateway: &Gateway, count: usize, request: &str) -> Vec<RawClient> {
    let mut asking = Vec::new();
    for _ in 0..count {
        let mut raw = gateway.raw().await;
        raw.write(request).await;
        asking.push(raw);
    }
    asking
}

#[tokio::test(flavor = "multi_thread")]
async fn one_user_has_a_bounded_number_of_requests_in_flight() {
    let flags = ["--user-concurrency-max", "2", "--upstream-timeout-ms", "60000"];
    let (gateway, release) = held_gateway(&flags).await;
    let token = user_token();
    let get_bookings =
        async || gateway.send(gateway.request("GET", "/user/bookings/").bearer_auth(&token)).await;

    let mut in_flight = asking(&gateway, 2, &bookings(&token)).await;
    until(|| async {
        let third = gateway.raw();
        let mut third = third.await;
        third.write(bookings(&token)).await;
        tokio::time::timeout(std::time::Duration::from_millis(500), third.answer())
            .await
            .is_ok_and(|answer| answer.is_some_and(|answer| answer.status == 429))
    })
    .await;

    drop(release);
    for raw in &mut in_flight {
        assert_eq!(raw.answer().await.map(|answer| answer.status), Some(200));
    }
    until(|| async { get_bookings().await.status == 200 }).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_client_that_goes_away_leaves_nothing_in_flight() {
    let (gateway, release) = held_gateway(&["--user-concurrency-max", "2"]).await;
    let token = user_token();

    for _ in 0..5 {
        drop(asking(&gateway, 2, &bookings(&token)).await);
    }
    drop(release);

    let get_bookings =
        async || gateway.send(gateway.request("GET", "/user/bookings/").bearer_auth(&token)).await;
    until(|| async { get_bookings().await.status == 200 }).await;
    for _ in 0..10 {
        assert_eq!(get_bookings().await.status, 200);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn one_address_has_a_bounded_number_of_requests_without_a_token_in_flight_and_others_are_served() {
    let flags =
        ["--address-concurrency-max", "2", "--trusted-proxies", "1", "--upstream-timeout-ms", "60000"];
    let (gateway, release) = held_gateway(&flags).await;
    let log_in = "POST /user/login/ HTTP/1.1\r\nHost: x\r\nX-Forwarded-For: 203.0.113.1\r\n\r\n";
    let looked = async |address: &str| {
        gateway.send(gateway.request("GET", "/docs/").header("X-Forwarded-For", address)).await.status
    };

    let mut in_flight = asking(&gateway, 8, log_in).await;
    // Those that exceed the limit are answered at once.
    let refused = join_all(in_flight.iter_mut().map(async |raw| {
        let answer = tokio::time::timeout(std::time::Duration::from_secs(2), raw.answer()).await;
        matches!(answer, Ok(Some(answer)) if answer.status == 429)
    }));
    assert_eq!(refused.await.iter().filter(|refused| **refused).count(), 6);
    assert_eq!(looked("203.0.113.2").await, 200);
    drop(release);
}

#[tokio::test(flavor = "multi_thread")]
async fn one_address_has_a_bounded_number_of_connections_and_another_when_one_is_closed() {
    let gateway = Gateway::start_with(&["--address-connections-max", "3"], SeenRequest::echo).await;
    let get = "GET /event/ HTTP/1.1\r\nHost: x\r\n\r\n";

    let mut open = asking(&gateway, 3, get).await;
    for raw in &mut open {
        assert_eq!(raw.answer().await.map(|answer| answer.status), Some(200));
    }
    let mut fourth = gateway.raw().await;
    fourth.write(get).await;
    assert!(fourth.answer().await.is_none());

    open.pop();
    until(|| async {
        let mut raw = gateway.raw().await;
        raw.write(get).await;
        raw.answer().await.is_some_and(|answer| answer.status == 200)
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn behind_a_proxy_of_ours_its_connections_are_not_counted() {
    let flags = ["--address-connections-max", "3", "--trusted-proxies", "1"];
    let gateway = Gateway::start_with(&flags, SeenRequest::echo).await;

    let mut open = asking(&gateway, 10, "GET /event/ HTTP/1.1\r\nHost: x\r\n\r\n").await;

    for raw in &mut open {
        assert_eq!(raw.answer().await.map(|answer| answer.status), Some(200));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn anonymous_clients_send_small_bodies() {
    const BODY: usize = 16 << 10;
    let gateway = Gateway::start().await;
    let sent = async |path: &str, bytes: usize| {
        gateway.send(gateway.request("POST", path).body(vec![b' '; bytes])).await.outcome()
    };

    for path in ["/user/login/", "/user/register/"] {
        assert_eq!(sent(path, BODY).await, (200, String::new()));
        assert_eq!(sent(path, BODY + 1).await, refused(413, "SYS-09"));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn bodies_that_are_being_sent_hold_no_more_memory_than_allowed() {
    const BODY: usize = 256 << 10;
    let flags = ["--address-body-bytes-max", "1048576", "--body-timeout-ms", "60000"];
    let gateway = Gateway::start_with(&flags, SeenRequest::echo).await;
    let token = user_token();
    let head = "POST /ticket/book/ HTTP/1.1\r\nHost: x\r\n";
    let head = format!("{head}Authorization: Bearer {token}\r\nContent-Length: {BODY}\r\n\r\n");

    // There is memory for four that lack a byte, whichever they are.
    let mut slow = asking(&gateway, 5, &format!("{head}{}", " ".repeat(BODY - 1))).await;
    let (answer, refused, others) = select_all(slow.iter_mut().map(|raw| Box::pin(raw.answer()))).await;
    drop(others);
    let answer = answer.unwrap();
    assert_eq!(answer.status, 503);
    assert!(answer.body.contains("SYS-07") && answer.header("retry-after").is_some(), "{answer:?}");
    assert_eq!(gateway.get("/event/").await.status, 200, "what needs no memory is served");

    slow.remove(refused);
    for raw in &mut slow {
        assert_eq!(raw.exchange(" ").await.status, 200);
    }
    let after = gateway.request("POST", "/ticket/book/").bearer_auth(&token).body(vec![b' '; BODY]);
    assert_eq!(gateway.send(after).await.status, 200, "what they held is released");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_body_that_its_route_does_not_use_is_neither_kept_nor_relayed() {
    let gateway = Gateway::start().await;

    let answer = gateway.send(gateway.request("GET", "/event/").body(vec![b'x'; 500_000])).await;
    assert_eq!(answer.status, 200);
    let larger = gateway.send(gateway.request("GET", "/event/").body(vec![b'x'; (1 << 20) + 1])).await;

    assert_eq!(larger.outcome(), refused(413, "SYS-09"));
    let seen = gateway.service.seen();
    assert_eq!((seen.len(), seen[0].body.as_str()), (1, ""));
}

/// In an attack they come from many addresses, so that no limit per address applies; here there is one address, without a limit.
#[tokio::test(flavor = "multi_thread")]
async fn idle_connections_are_evicted_when_nearly_all_are_taken() {
    const GET: &str = "GET /event/ HTTP/1.1\r\nHost: x\r\n\r\n";
    let gateway = Gateway::start_with(&["--client-connections-max", "16"], SeenRequest::echo).await;
    let mut kept = Vec::new();
    for _ in 0..16 {
        let mut raw = gateway.raw().await;
        assert_eq!(raw.exchange(GET).await.status, 200);
        kept.push(raw);
    }
    tokio::time::sleep(std::time::Duration::from_millis(1_100)).await;
    let mut newest = kept.pop().unwrap();

    for _ in 0..4 {
        let mut newcomer = gateway.raw().await;
        assert_eq!(newcomer.exchange(GET).await.status, 200);
        drop(newcomer);
    }

    assert!(kept[0].is_closed().await);
    assert_eq!(newest.exchange(GET).await.status, 200, "it was idle for the shortest time");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_user_who_holds_seats_books_them_before_others_reserve_more() {
    let flags = ["--upstream-connections-max", "1", "--upstream-timeout-ms", "60000"];
    let (gateway, release) = held_gateway(&flags).await;
    let token = user_token();
    let post = |path: &str| {
        let body = "{}";
        format!(
            "POST {path} HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {token}\r\nContent-Length: 2\r\n\r\n{body}"
        )
    };
    let mut clients = asking(&gateway, 1, &post("/ticket/reserve/")).await;
    until(|| async { gateway.service.seen().len() == 1 }).await;
    clients.extend(asking(&gateway, 1, &post("/ticket/reserve/")).await);
    until(|| async { gateway.queued_calls().await == 1 }).await;
    clients.extend(asking(&gateway, 1, &post("/ticket/book/")).await);
    clients.extend(asking(&gateway, 2, &post("/ticket/reserve/")).await);
    until(|| async { gateway.queued_calls().await == 4 }).await;

    drop(release);
    for client in &mut clients {
        assert_eq!(client.answer().await.map(|answer| answer.status), Some(200));
    }
    assert_eq!(gateway.service.seen()[1].path, "/ticket/book/");
}

//! Calls to another service: to its replicas in turn, skipping those that cannot be connected to.

#![expect(clippy::unwrap_used, reason = "the helpers of tests fail as tests do")]

use std::{
    net::SocketAddr,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use actix_web::{App, HttpRequest, HttpResponse, HttpServer, web};
use booked_failure::Failure;
use booked_identity::internal::{CREDENTIAL_HEADER, Credential};
use booked_server::{Retry, ServiceClient};
use futures_util::future::join_all;
use reqwest::Method;
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpListener,
};

const SECRET: &str = "a-secret-that-is-known-to-tests-alone";
const PATIENCE: Duration = Duration::from_secs(5);

/// A replica that counts the calls that it answers after a delay.
fn replica(delay: Duration) -> (SocketAddr, Arc<AtomicUsize>) {
    let calls = Arc::new(AtomicUsize::new(0));
    let counted = Arc::clone(&calls);
    let server = HttpServer::new(move || {
        let counted = Arc::clone(&counted);
        let answer = move |request: HttpRequest| {
            let counted = Arc::clone(&counted);
            async move {
                assert_eq!(request.headers().get(CREDENTIAL_HEADER).unwrap(), SECRET);
                counted.fetch_add(1, Ordering::SeqCst);
                tokio::time::sleep(delay).await;
                HttpResponse::Ok().body(request.uri().to_string())
            }
        };
        App::new().default_service(web::to(answer))
    });
    let server = server.workers(1).disable_signals().bind(("127.0.0.1", 0)).unwrap();
    let address = server.addrs()[0];
    tokio::spawn(server.run());
    (address, calls)
}

/// An address on which nobody listens.
fn nobody() -> SocketAddr {
    std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap()
}

fn peer(replicas: &[SocketAddr]) -> ServiceClient {
    let urls: Vec<_> = replicas.iter().map(|address| format!("http://{address}")).collect();
    ServiceClient::new("other", urls.join(", ").parse().unwrap(), &Credential::parse(SECRET).unwrap())
        .unwrap()
}

async fn call(peer: &ServiceClient, timeout: Duration) -> Result<String, Failure> {
    let response = peer.send(Retry::IfNotSent, Method::GET, "/a?b=c", timeout, |request| request).await?;
    response.text().await.map_err(|error| Failure::unknown("other", error))
}

#[tokio::test(flavor = "multi_thread")]
async fn calls_go_round_the_replicas_with_the_credential() {
    let ((one, ones), (other, others)) = (replica(Duration::ZERO), replica(Duration::ZERO));
    let peer = peer(&[one, other]);
    for _ in 0..6 {
        assert_eq!(call(&peer, PATIENCE).await.unwrap(), "/a?b=c");
    }
    assert_eq!((ones.load(Ordering::SeqCst), others.load(Ordering::SeqCst)), (3, 3));
}

#[tokio::test(flavor = "multi_thread")]
async fn many_at_once_pass_over_replicas_that_are_gone() {
    let (there, calls) = replica(Duration::ZERO);
    let peer = peer(&[nobody(), there, nobody()]);
    let answers = join_all((0..50).map(|_| call(&peer, PATIENCE))).await;
    assert!(answers.iter().all(Result::is_ok), "{answers:?}");
    assert_eq!(calls.load(Ordering::SeqCst), 50);
}

#[tokio::test(flavor = "multi_thread")]
async fn where_all_are_gone_the_call_fails() {
    let peer = peer(&[nobody(), nobody()]);
    call(&peer, PATIENCE).await.unwrap_err();
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_sent_is_not_sent_again() {
    let ((one, ones), (other, others)) = (replica(PATIENCE), replica(PATIENCE));
    let peer = peer(&[one, other]);
    assert_eq!(
        call(&peer, Duration::from_millis(200)).await,
        Err(Failure::unknown("other", "no answer in time"))
    );
    assert_eq!(ones.load(Ordering::SeqCst) + others.load(Ordering::SeqCst), 1);
}

/// Accepts a request and closes the connection; after that, answers every request.
async fn breaks_once() -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move {
        for number in 0.. {
            let (mut connection, _) = listener.accept().await.unwrap();
            let mut request = [0; 4096];
            let _ = connection.read(&mut request).await;
            if number > 0 {
                let answer = b"HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 2\r\n\r\nok";
                let _ = connection.write_all(answer).await;
            }
        }
    });
    address
}

#[tokio::test(flavor = "multi_thread")]
async fn a_read_is_asked_again_where_its_connection_breaks_and_nothing_else_is() {
    let one = peer(&[breaks_once().await]);
    let read = one.send(Retry::IfLost, Method::POST, "/", PATIENCE, |request| request).await.unwrap();
    assert_eq!(read.text().await.unwrap(), "ok");

    let sent = peer(&[breaks_once().await]);
    call(&sent, PATIENCE).await.unwrap_err();
}

/// Redirects every caller to another address.
fn sends_on_to(other: SocketAddr) -> SocketAddr {
    let server = HttpServer::new(move || {
        let location = format!("http://{other}/");
        let redirect = move || {
            let location = location.clone();
            async move { HttpResponse::TemporaryRedirect().insert_header(("location", location)).finish() }
        };
        App::new().default_service(web::to(redirect))
    });
    let server = server.workers(1).disable_signals().bind(("127.0.0.1", 0)).unwrap();
    let address = server.addrs()[0];
    tokio::spawn(server.run());
    address
}

#[tokio::test(flavor = "multi_thread")]
async fn the_credential_is_not_carried_to_an_address_that_an_answer_names() {
    let (stranger, calls) = replica(Duration::ZERO);
    let peer = peer(&[sends_on_to(stranger)]);
    let answer = peer.send(Retry::IfLost, Method::GET, "/", PATIENCE, |request| request).await.unwrap();
    assert_eq!((answer.status().as_u16(), calls.load(Ordering::SeqCst)), (307, 0));
}

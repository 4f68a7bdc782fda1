//! How the client handles broken connections, against a server that breaks them.

use std::time::Duration;

use booked_client::operations::health;
use booked_load::client::{BadUrl, Gateway, RequestError, Timeouts};

use crate::scripted::{Step, serve};

#[tokio::test]
async fn requests_that_follow_each_other_share_a_connection() {
    let gateway = gateway(vec![Step::HttpResponse, Step::HttpResponse, Step::HttpResponse]).await;
    for _ in 0..3 {
        // The server would not take a second connection before the first is closed.
        assert_eq!(get_health(&gateway).await.unwrap(), 200);
    }
}

#[tokio::test]
async fn an_idle_connection_that_was_closed_is_replaced() {
    let gateway = gateway(vec![Step::AnswerAndClose, Step::HttpResponse]).await;
    assert_eq!(get_health(&gateway).await.unwrap(), 200);
    // A request that is sent before the close arrives is lost, and reported as such; the next one never is.
    let after = get_health(&gateway).await;
    assert!(matches!(after, Ok(200) | Err(RequestError::Lost(_))), "{after:?}");
    if after.is_err() {
        assert_eq!(get_health(&gateway).await.unwrap(), 200);
    }
}

#[tokio::test]
async fn an_answer_that_breaks_off_is_lost_and_nothing_is_sent_again() {
    let gateway = gateway(vec![Step::Break, Step::HttpResponse]).await;
    assert!(matches!(get_health(&gateway).await, Err(RequestError::Lost(_))));
    assert_eq!(get_health(&gateway).await.unwrap(), 200);
}

#[tokio::test]
async fn a_server_that_does_not_answer_is_given_up() {
    let timeouts = Timeouts { response: Duration::from_millis(50), ..Timeouts::default() };
    let gateway = Gateway::new(&serve(vec![Step::Hang]).await, timeouts).unwrap();
    assert!(matches!(get_health(&gateway).await, Err(RequestError::TimedOut)));
}

#[tokio::test]
async fn without_a_server_nothing_is_sent() {
    let free = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let gateway = Gateway::new(&format!("http://{free}"), Timeouts::default()).unwrap();
    assert!(matches!(get_health(&gateway).await, Err(RequestError::NotSent(_))));
}

#[test]
fn a_url_names_a_host_that_speaks_plain_http() {
    for bad in ["", "localhost:8080", "https://localhost", "http://localhost/path", "http://me@localhost"] {
        assert!(matches!(Gateway::new(bad, Timeouts::default()), Err(BadUrl::Form(_))), "{bad} was accepted");
    }
    let gateway = Gateway::new("http://[::1]:8080/", Timeouts::default()).unwrap();
    assert_eq!(gateway.url(), "http://[::1]:8080");
}

async fn gateway(steps: Vec<Step>) -> Gateway {
    Gateway::new(&serve(steps).await, Timeouts::default()).unwrap()
}

async fn get_health(gateway: &Gateway) -> Result<u16, RequestError> {
    gateway.send(health().into_request()).await.map(|answer| answer.status.as_u16())
}

//! The client against a server that breaks connections, is busy, or says nothing.

use std::time::Duration;

use booked_client::{
    Client, Failure, Limits,
    operations::{book_tickets, get_event, list_holds, register_user, release_tickets, reserve_tickets},
};
use booked_contract::Code;
use http::{HeaderMap, HeaderName, HeaderValue};
use tokio::net::TcpSocket;
use uuid::Uuid;

use crate::scripted::{Server, Step, header, refusal, success};

const HELD: &str = r#"{"ticket_ids":[],"expires_unix_time":5}"#;
const HOLDS: &str = r#"{"holds":[]}"#;

#[tokio::test]
async fn a_call_is_sent_again_unchanged_until_it_has_an_answer() {
    let steps = vec![Step::HangUp, Step::BreakOff, refusal(503, "SYS-07"), success(HELD)];
    let server = Server::start(steps).await;
    let answer = server.client().answer(reserve_tickets(Uuid::nil(), 1)).await.unwrap();

    let seen = server.seen();
    assert_eq!(seen.len(), 4);
    assert!(seen.iter().all(|request| request == &seen[0]), "{seen:#?}");
    assert_eq!(server.keys(), vec![answer.idempotency_key.unwrap(); 4]);
    assert_eq!(header(&seen[0], "authorization").as_deref(), Some("Bearer the-token"));
    assert_eq!(header(&seen[0], "content-type").as_deref(), Some("application/json"));
    assert!(header(&seen[0], "user-agent").unwrap().starts_with("booked-client/"));
}

#[tokio::test]
async fn without_a_key_what_may_have_been_done_is_not_sent_again() {
    for lost in [Step::HangUp, Step::BreakOff, refusal(504, "SYS-08")] {
        let server = Server::start(vec![lost]).await;
        let error =
            server.client().call(register_user("Ada", "ada@example.com", "secret")).await.unwrap_err();
        assert!(error.outcome_unknown && !error.to_string().contains("secret"), "{error}");
        assert_eq!(server.seen().len(), 1);
    }
}

#[tokio::test]
async fn a_call_ends_with_its_last_error() {
    let server = Server::start(vec![refusal(503, "SYS-07"); 4]).await;
    let error = server.client().call(release_tickets(&[])).await.unwrap_err();
    assert_eq!(error.code(), Some(Code::Unavailable));
    assert_eq!(server.keys(), vec![error.idempotency_key.unwrap(); 4]);
}

#[tokio::test]
async fn a_key_of_the_caller_is_sent_and_its_replay_is_told() {
    let replayed = Step::Answer(200, "Idempotency-Replayed: true\r\n".to_owned(), String::new());
    let server = Server::start(vec![replayed]).await;
    let call = book_tickets(&[Uuid::nil()]).with_key("order-1").unwrap();
    assert!(server.client().answer(call).await.unwrap().replayed);
    assert_eq!(server.keys(), ["order-1"]);
}

#[tokio::test]
async fn the_token_goes_only_where_it_is_needed() {
    let server =
        Server::start(vec![success(r#"{"token":"new"}"#), success(HOLDS), refusal(400, "EVENT-03")]).await;
    let anyone = Client::new(&server.url).unwrap();
    let ada = anyone.log_in("ada@example.com", "correct horse").await.unwrap();
    ada.call(list_holds(None)).await.unwrap();
    ada.call(get_event(Uuid::nil())).await.unwrap_err();
    let tokens: Vec<_> = server.seen().iter().map(|request| header(request, "authorization")).collect();
    assert_eq!(tokens, [None, Some("Bearer new".to_owned()), None]);
}

#[tokio::test]
async fn a_token_that_cannot_be_sent_is_an_answer_that_cannot_be_read() {
    let server = Server::start(vec![success(r#"{"token":"secret token"}"#)]).await;
    let error = server.client().log_in("ada@example.com", "correct horse").await.unwrap_err();
    assert!(matches!(error.failure, Failure::Unreadable(_)), "{error:?}");
    assert!(!format!("{error:?}").contains("secret"));
}

#[tokio::test]
async fn redirects_are_not_followed() {
    let elsewhere = Step::Answer(307, "Location: /elsewhere/\r\n".to_owned(), String::new());
    let server = Server::start(vec![elsewhere]).await;
    let error = server.client().call(release_tickets(&[])).await.unwrap_err();
    assert_eq!(error.api().unwrap().status, 307);
    assert_eq!(server.seen().len(), 1);
}

#[tokio::test]
async fn a_try_ends_when_its_time_is_up() {
    let server = Server::start(vec![Step::Hang]).await;
    let limits = Limits { timeout: Duration::from_millis(300), tries: 1, ..Limits::default() };
    let client = server.client().with_limits(limits).unwrap();
    // Ends only if the client does not.
    let call = tokio::time::timeout(Duration::from_secs(60), client.call(list_holds(None)));
    let error = call.await.expect("the client waits for ever").unwrap_err();
    assert!(matches!(error.failure, Failure::Lost(_) | Failure::NotSent(_)), "{error:?}");
}

#[tokio::test]
async fn without_a_listener_nothing_is_sent() {
    // Nobody else gets the port, and nobody listens there.
    let bound = TcpSocket::new_v4().unwrap();
    bound.bind("127.0.0.1:0".parse().unwrap()).unwrap();
    let client = Client::new(&format!("http://{}", bound.local_addr().unwrap())).unwrap();
    let client = client.with_limits(Limits { tries: 2, ..Limits::default() }).unwrap();
    let error = client.log_in("ada@example.com", "correct horse").await.unwrap_err();
    assert!(matches!(error.failure, Failure::NotSent(_)) && !error.outcome_unknown, "{error:?}");
}

#[tokio::test]
async fn what_is_sent_once_is_sent_as_it_is() {
    let server = Server::start(vec![refusal(503, "SYS-07"), success(HELD)]).await;
    let (client, call) = (server.client(), reserve_tickets(Uuid::nil(), 1));
    assert!(matches!(client.send_once(&call).await, Err(Failure::Api(_))));
    client.send_once(&call).await.unwrap();
    assert_eq!(server.seen().len(), 2);
    assert_eq!(server.keys().len(), 0);
}

#[tokio::test]
async fn connections_of_the_caller_are_used() {
    let server = Server::start(vec![success(HOLDS)]).await;
    let headers = HeaderMap::from_iter([(HeaderName::from_static("x-own"), HeaderValue::from_static("1"))]);
    let http = reqwest::Client::builder().default_headers(headers).build().unwrap();
    server.client().over(http).call(list_holds(None)).await.unwrap();
    assert_eq!(header(&server.seen()[0], "x-own").as_deref(), Some("1"));
}

//! Pages are asked for one after the other, when they are come to.

use std::pin::pin;

use booked_client::{EventQuery, TicketQuery};
use booked_contract::{Code, event::Event, ticket::OwnTicket};
use futures_util::TryStreamExt;
use serde_json::json;
use uuid::Uuid;

use crate::scripted::{Server, Step, refusal, success};

fn events(next: i64, names: &[&str]) -> Step {
    let event = |name: &&str| {
        json!({
            "id": Uuid::nil(), "name": name, "unix_time": 1, "address": "a", "description": "d",
            "seat_count": 1, "available_seats_count": 1, "status": "on_sale",
        })
    };
    let events: Vec<_> = names.iter().map(event).collect();
    success(&json!({ "next_time_to_fetch": next, "events": events }).to_string())
}

fn tickets(next: Option<&str>, seats: &[u32]) -> Step {
    let ticket = |seat: &u32| {
        json!({
            "ticket_id": Uuid::nil(), "event_id": Uuid::nil(), "seat": seat, "booking_id": Uuid::nil(),
            "booked_unix_time": 1,
        })
    };
    let tickets: Vec<_> = seats.iter().map(ticket).collect();
    success(&json!({ "tickets": tickets, "next": next }).to_string())
}

fn paths(server: &Server) -> Vec<String> {
    let path = |request: &String| request.split(' ').nth(1).unwrap().to_owned();
    server.seen().iter().map(path).collect()
}

#[tokio::test]
async fn events_go_on_until_a_page_is_empty() {
    let server = Server::start(vec![events(5, &["a", "b"]), events(9, &["c"]), events(0, &[])]).await;
    let query = EventQuery { q: Some("x y".to_owned()), timestamp: Some(1), ..EventQuery::default() };
    let all: Vec<Event> = server.client().events(query).try_collect().await.unwrap();
    assert_eq!(all.iter().map(|event| &*event.name).collect::<Vec<_>>(), ["a", "b", "c"]);
    let asked = [1, 5, 9].map(|time| format!("/event/?timestamp={time}&q=x+y"));
    assert_eq!(paths(&server), asked);
}

#[tokio::test]
async fn tickets_go_on_while_there_is_a_next_page() {
    let server = Server::start(vec![tickets(Some("n&1"), &[1]), tickets(None, &[2])]).await;
    let query = TicketQuery { limit: Some(1), ..TicketQuery::default() };
    let all: Vec<OwnTicket> = server.client().tickets(query).try_collect().await.unwrap();
    assert_eq!(all.iter().map(|ticket| ticket.seat).collect::<Vec<_>>(), [1, 2]);
    assert_eq!(paths(&server), ["/user/tickets/?limit=1", "/user/tickets/?after=n%261&limit=1"]);
}

#[tokio::test]
async fn a_page_is_asked_for_when_it_is_come_to() {
    let server = Server::start(vec![events(5, &["a", "b"])]).await;
    let mut all = pin!(server.client().events(EventQuery::default()));
    for name in ["a", "b"] {
        assert_eq!(all.try_next().await.unwrap().unwrap().name, name);
        assert_eq!(server.seen().len(), 1);
    }
}

#[tokio::test]
async fn an_error_ends_the_pages() {
    let server = Server::start(vec![events(5, &["a"]), refusal(400, "SYS-03")]).await;
    let mut all = pin!(server.client().events(EventQuery::default()));
    assert!(all.try_next().await.unwrap().is_some());
    assert_eq!(all.try_next().await.unwrap_err().code(), Some(Code::InvalidUuid));
    assert!(all.try_next().await.unwrap().is_none());
}

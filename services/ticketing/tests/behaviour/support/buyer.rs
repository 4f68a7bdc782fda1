//! Somebody who buys, as the gateway hands them on.

use std::time::Instant;

use booked_contract::{IDEMPOTENCY_KEY_HEADER, IDEMPOTENCY_REPLAYED_HEADER};
use booked_identity::{
    Identity, Role,
    internal::{CREDENTIAL_HEADER, identity_headers},
};
use booked_ids::{EventId, TicketId, UserId};
use booked_server::{Random as _, SystemRandom};
use reqwest::{Client, Method, RequestBuilder};
use serde_json::{Value, json};
use uuid::Uuid;

use super::{answer::Answer, sale::CREDENTIAL, waiting::PATIENCE};

/// A user with a name for notifications; clones are the same user.
#[derive(Clone, Debug)]
pub(crate) struct Buyer {
    pub(crate) name: String,
    pub(crate) identity: Identity,
    /// With which idempotency key they send what they send.
    key: Option<String>,
    url: String,
    client: Client,
}

impl Buyer {
    /// A new user, who buys at this address.
    pub(crate) fn new(name: &str, url: &str, client: Client) -> Self {
        let user = UserId::from_uuid(SystemRandom.uuid());
        let email = format!("{}@example.org", name.replace(' ', "."));
        let identity = Identity { user, email, role: Role::User };
        Self { name: name.to_owned(), identity, key: None, url: url.to_owned(), client }
    }

    /// The same user at another instance.
    pub(crate) fn at(&self, url: &str) -> Self {
        Self { url: url.to_owned(), ..self.clone() }
    }

    /// The same user, who sends everything with this idempotency key.
    pub(crate) fn with_key(&self, key: &str) -> Self {
        Self { key: Some(key.to_owned()), ..self.clone() }
    }

    pub(crate) fn id(&self) -> String {
        self.identity.user.to_string()
    }

    pub(crate) async fn reserve(&self, event: EventId, count: i64) -> Answer {
        self.post("/ticket/reserve/", &json!({ "event_id": event.to_string(), "count": count })).await
    }

    /// Reserves with success; the tickets.
    pub(crate) async fn holds(&self, event: EventId, count: i64) -> Vec<Uuid> {
        let answer = self.reserve(event, count).await.says("200").json();
        serde_json::from_value(answer["ticket_ids"].clone()).unwrap()
    }

    pub(crate) async fn book(&self, tickets: &[Uuid]) -> Answer {
        self.post("/ticket/book/", &json_ids(tickets)).await
    }

    /// Reserves and books with success; the tickets.
    pub(crate) async fn buys(&self, event: EventId, count: i64) -> Vec<Uuid> {
        let tickets = self.holds(event, count).await;
        self.book(&tickets).await.says("200");
        tickets
    }

    pub(crate) async fn release(&self, tickets: &[Uuid]) -> Answer {
        self.post("/ticket/release/", &json_ids(tickets)).await
    }

    pub(crate) async fn cancel(&self, event: EventId, count: i64) -> Answer {
        self.post("/ticket/cancel/", &json!({ "event_id": event.to_string(), "count": count })).await
    }

    pub(crate) async fn cancel_chosen(&self, tickets: &[Uuid]) -> Answer {
        self.post("/ticket/cancel_tickets/", &json_ids(tickets)).await
    }

    pub(crate) async fn list_holds(&self, query: &str) -> Answer {
        self.send(Method::GET, &format!("/ticket/holds/{query}"), None).await
    }

    pub(crate) async fn list_tickets(&self, query: &str) -> Answer {
        self.send(Method::GET, &format!("/user/tickets/{query}"), None).await
    }

    /// Joins the waitlist.
    pub(crate) async fn join(&self, event: EventId, count: i64) -> Answer {
        self.post("/waitlist/add/", &json!({ "event_id": event.to_string(), "count": count })).await
    }

    /// How many wait, if the caller may know.
    pub(crate) async fn count_waiting(&self, query: &str) -> Answer {
        self.send(Method::GET, &format!("/waitlist/{query}"), None).await
    }

    pub(crate) async fn list_bookings(&self) -> Answer {
        self.send(Method::GET, "/user/bookings/", None).await
    }

    /// Lists bookings with success; the rows.
    pub(crate) async fn bookings(&self) -> Vec<Value> {
        let rows = self.list_bookings().await.says("200").json();
        rows.as_array().expect("bookings are an array").clone()
    }

    /// How many tickets of the event the user's list shows.
    pub(crate) async fn tickets_of(&self, event: EventId) -> u64 {
        let rows = self.bookings().await;
        let row = rows.iter().find(|row| row["event_id"] == event.to_string().as_str());
        row.map_or(0, |row| row["number_of_tickets"].as_u64().unwrap())
    }

    pub(crate) async fn post(&self, path: &str, body: &Value) -> Answer {
        self.send(Method::POST, path, Some(body.to_string())).await
    }

    /// Sends whatever body.
    pub(crate) async fn send(&self, method: Method, path: &str, body: Option<String>) -> Answer {
        let shown: String = body.as_deref().unwrap_or_default().chars().take(200).collect();
        let question = format!("{}'s {method} {path} {shown}", self.name);
        let request = body.into_iter().fold(self.request(method, path), RequestBuilder::body);
        ask(question, request).await
    }

    /// A request that is not sent yet.
    pub(crate) fn request(&self, method: Method, path: &str) -> RequestBuilder {
        let request = self.client.request(method, format!("{}{path}", self.url));
        let request = request.header(CREDENTIAL_HEADER, CREDENTIAL);
        let request =
            self.key.iter().fold(request, |request, key| request.header(IDEMPOTENCY_KEY_HEADER, key));
        identity_headers(&self.identity)
            .into_iter()
            .fold(request, |request, (name, value)| request.header(name, value))
    }
}

/// Sends a request and reads the answer.
pub(crate) async fn ask(question: String, request: RequestBuilder) -> Answer {
    let began = Instant::now();
    let response = request.timeout(PATIENCE).send().await;
    let response = response.unwrap_or_else(|error| panic!("{question}: was not answered: {error:?}"));
    let header = |name| response.headers().get(name)?.to_str().ok().map(str::to_owned);
    let (status, retry_after) = (response.status().as_u16(), header("retry-after"));
    let is_replay = header(IDEMPOTENCY_REPLAYED_HEADER).as_deref() == Some("true");
    let text = response.text().await.unwrap_or_else(|error| panic!("{question}: no body: {error:?}"));
    Answer { question, status, retry_after, is_replay, text, took: began.elapsed() }
}

/// A body for booking and releasing.
pub(crate) fn json_ids(tickets: &[Uuid]) -> Value {
    json!({ "ticket_ids": tickets })
}

/// The seat numbers of tickets, rising.
pub(crate) fn seats(tickets: &[Uuid]) -> Vec<u32> {
    let mut seats: Vec<u32> =
        tickets.iter().map(|ticket| TicketId::from_uuid(*ticket).unwrap().seat().get()).collect();
    seats.sort_unstable();
    seats
}

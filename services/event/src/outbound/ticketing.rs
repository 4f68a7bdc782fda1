//! Ticketing over HTTP.

use std::time::Duration;

use async_trait::async_trait;
use booked_contract::internal::{CatchUp, Occupied, OccupiedQuery};
use booked_ids::EventId;
use booked_server::{CallFailure, Peer, Retry};
use futures_util::{StreamExt as _, TryStreamExt as _, stream};
use reqwest::Method;

use crate::ports::{FeedPosition, Ticketing, TicketingAway};

/// The most events of one question: what ticketing answers in a few milliseconds.
const EVENTS_MAX: usize = 1_000;
/// How many questions of one page are under way at a time.
const QUESTIONS_MAX: usize = 4;

/// Ticketing, whichever of its replicas.
#[derive(Debug)]
pub struct HttpTicketing {
    peer: Peer,
    answer_timeout: Duration,
    catch_up_timeout: Duration,
}

impl HttpTicketing {
    /// Ticketing, and how long it may take to count seats and to catch up.
    #[must_use]
    pub fn new(peer: Peer, answer_timeout: Duration, catch_up_timeout: Duration) -> Self {
        Self { peer, answer_timeout, catch_up_timeout }
    }

    async fn count(&self, events: &[EventId]) -> Result<Vec<Option<u32>>, CallFailure> {
        let query = OccupiedQuery { event_ids: events.iter().map(|event| event.as_uuid()).collect() };
        let (path, timeout) = ("/internal/availability", self.answer_timeout);
        let response = self
            .peer
            .send(Retry::IfLost, Method::POST, path, timeout, |request| request.json(&query))
            .await?;
        let Occupied { occupied } = response.error_for_status()?.json().await?;
        if occupied.len() != events.len() {
            return Err(CallFailure::because("the answer has another length than the question"));
        }
        Ok(occupied)
    }
}

#[async_trait]
impl Ticketing for HttpTicketing {
    async fn catch_up(&self, to: FeedPosition, event: EventId) {
        let (path, timeout) = ("/internal/catch-up", self.catch_up_timeout);
        let body = CatchUp { position: to.0, event_id: Some(event.as_uuid()) };
        let answer = self
            .peer
            .send(Retry::IfNotSent, Method::POST, path, timeout, |request| request.json(&body))
            .await;
        let caught_up = answer.and_then(|response| Ok(response.error_for_status()?));
        if let Err(error) = caught_up {
            tracing::info!(%error, position = body.position, "ticketing did not catch up in time");
        }
    }

    async fn occupied(&self, events: &[EventId]) -> Result<Vec<Option<u32>>, TicketingAway> {
        let questions: Vec<_> = events.chunks(EVENTS_MAX).map(|events| self.count(events)).collect();
        let answers = stream::iter(questions).buffered(QUESTIONS_MAX).try_concat();
        match tokio::time::timeout(self.answer_timeout, answers).await {
            Ok(answers) => answers.map_err(|error| TicketingAway(error.to_string())),
            Err(_) => Err(TicketingAway(CallFailure::late().to_string())),
        }
    }
}

//! Ticketing over HTTP.

use std::time::Duration;

use async_trait::async_trait;
use booked_contract::internal::{CatchUp, Occupied, OccupiedQuery};
use booked_failure::Failure;
use booked_ids::EventId;
use booked_server::{Retry, ServiceClient};
use futures_util::{StreamExt as _, TryStreamExt as _, stream};
use reqwest::Method;

use crate::ports::{FeedPosition, Ticketing};

/// The most events per request: this many are counted by ticketing in a few milliseconds.
const EVENTS_MAX: usize = 1_000;
/// How many requests for one page may be in flight at once.
const REQUESTS_MAX: usize = 4;

/// Ticketing, called at any of its replicas.
#[derive(Debug)]
pub struct HttpTicketing {
    client: ServiceClient,
    count_timeout: Duration,
    catch_up_timeout: Duration,
}

impl HttpTicketing {
    /// The timeouts are for counting seats and for catching up with the feed.
    #[must_use]
    pub fn new(client: ServiceClient, count_timeout: Duration, catch_up_timeout: Duration) -> Self {
        Self { client, count_timeout, catch_up_timeout }
    }

    async fn count(&self, events: &[EventId]) -> Result<Vec<Option<u32>>, Failure> {
        let query = OccupiedQuery { event_ids: events.iter().map(|event| event.as_uuid()).collect() };
        let (path, timeout) = ("/internal/availability", self.count_timeout);
        let response = self
            .client
            .send(Retry::IfLost, Method::POST, path, timeout, |request| request.json(&query))
            .await?;
        let Occupied { occupied } = self.client.json(response).await?;
        if occupied.len() != events.len() {
            return Err(self.failed("the answer does not have one count for each event"));
        }
        Ok(occupied)
    }

    fn failed(&self, cause: &str) -> Failure {
        Failure::not_done(self.client.service(), cause)
    }
}

#[async_trait]
impl Ticketing for HttpTicketing {
    async fn catch_up(&self, to: FeedPosition, event: EventId) {
        let (path, timeout) = ("/internal/catch-up", self.catch_up_timeout);
        let body = CatchUp { position: to.0, event_id: Some(event.as_uuid()) };
        let answer = self
            .client
            .send(Retry::IfNotSent, Method::POST, path, timeout, |request| request.json(&body))
            .await;
        let caught_up = answer.map_err(|failure| failure.to_string());
        let caught_up = caught_up.and_then(|it| it.error_for_status().map_err(|error| error.to_string()));
        if let Err(error) = caught_up {
            tracing::info!(%error, position = body.position, "ticketing did not catch up in time");
        }
    }

    async fn occupied(&self, events: &[EventId]) -> Result<Vec<Option<u32>>, Failure> {
        let requests: Vec<_> = events.chunks(EVENTS_MAX).map(|events| self.count(events)).collect();
        let counts = stream::iter(requests).buffered(REQUESTS_MAX).try_concat();
        match tokio::time::timeout(self.count_timeout, counts).await {
            // Counting changes nothing, so a failure whose outcome is unknown has done no harm.
            Ok(counts) => counts.map_err(Failure::harmless),
            Err(_) => Err(self.failed("no answer in time")),
        }
    }
}

//! Ticketing over HTTP.

use std::{fmt, time::Duration};

use async_trait::async_trait;
use booked_contract::internal::{CatchUp, Occupied, OccupiedQuery};
use booked_failure::Failure;
use booked_ids::EventId;
use booked_server::{Deadline, Retry, ServiceClient};
use futures_util::{StreamExt as _, TryStreamExt as _, stream};
use reqwest::Method;
use tokio::time::{sleep, timeout};

use crate::ports::{FeedPosition, Ticketing};

/// The most events per request: this many are counted by ticketing in a few milliseconds.
const EVENTS_MAX: usize = 1_000;
/// How many requests for one page may be in flight at once.
const REQUESTS_MAX: usize = 4;

/// The pause before ticketing is asked to catch up again.
const AGAIN_AFTER: Duration = Duration::from_millis(50);

/// Ticketing, called at any of its replicas.
#[derive(Debug)]
pub struct HttpTicketing {
    client: ServiceClient,
    timeouts: Timeouts,
}

/// The longest waits for ticketing.
#[derive(Clone, Copy, Debug)]
pub struct Timeouts {
    /// For it to count seats.
    pub count: Duration,
    /// For one call to catch up with the feed.
    pub catch_up: Duration,
    /// For it to confirm that it has caught up, over several calls.
    pub confirm: Duration,
}

impl HttpTicketing {
    #[must_use]
    pub fn new(client: ServiceClient, timeouts: Timeouts) -> Self {
        Self { client, timeouts }
    }

    async fn count(&self, events: &[EventId]) -> Result<Vec<Option<u32>>, Failure> {
        let query = OccupiedQuery { event_ids: events.iter().map(|event| event.as_uuid()).collect() };
        let (path, timeout) = ("/internal/availability", self.timeouts.count);
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

    async fn ask_to_catch_up(&self, to: &CatchUp) -> Result<(), Failure> {
        let (path, timeout) = ("/internal/catch-up", self.timeouts.catch_up);
        let response = self
            .client
            .send(Retry::IfNotSent, Method::POST, path, timeout, |request| request.json(to))
            .await?;
        response.error_for_status().map_err(|error| self.failed(error))?;
        Ok(())
    }

    fn failed(&self, cause: impl fmt::Display) -> Failure {
        Failure::not_done(self.client.service(), cause)
    }
}

#[async_trait]
impl Ticketing for HttpTicketing {
    async fn catch_up(&self, to: FeedPosition, event: EventId) {
        let to = CatchUp { position: to.0, event_id: Some(event.as_uuid()) };
        if let Err(error) = self.ask_to_catch_up(&to).await {
            tracing::info!(%error, position = to.position, "ticketing did not catch up in time");
        }
    }

    async fn confirm(&self, to: FeedPosition, event: EventId) -> Result<(), Failure> {
        let to = CatchUp { position: to.0, event_id: Some(event.as_uuid()) };
        let deadline = Deadline::within(self.timeouts.confirm);
        let asking = async {
            loop {
                // Ticketing applies each state once, so asking again is safe. The next call goes to another replica.
                match self.ask_to_catch_up(&to).await {
                    Err(failure) if deadline.left() < AGAIN_AFTER => return Err(failure),
                    Err(_) => sleep(AGAIN_AFTER).await,
                    Ok(()) => return Ok(()),
                }
            }
        };
        match timeout(deadline.left(), asking).await {
            Ok(confirmed) => confirmed,
            Err(_) => Err(self.failed("not caught up in time")),
        }
    }

    async fn occupied(&self, events: &[EventId]) -> Result<Vec<Option<u32>>, Failure> {
        let requests: Vec<_> = events.chunks(EVENTS_MAX).map(|events| self.count(events)).collect();
        let counts = stream::iter(requests).buffered(REQUESTS_MAX).try_concat();
        match timeout(self.timeouts.count, counts).await {
            // Counting changes nothing, so a failure whose outcome is unknown has done no harm.
            Ok(counts) => counts.map_err(Failure::harmless),
            Err(_) => Err(self.failed("no answer in time")),
        }
    }
}

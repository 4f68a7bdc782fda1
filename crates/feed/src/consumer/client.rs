//! Reads another service's feed over HTTP.

use std::{fmt, time::Duration};

use booked_failure::{Failure, display_chain};
use booked_server::{Retry, ServiceClient};
use reqwest::{Method, Response};

use super::cursors::Cursor;
use crate::{
    Entry, Position,
    wire::{CloudEvent, HEAD_HEADER, INCARNATION_HEADER, PATH},
};

/// How long a response may take beyond the time that the feed was allowed to wait.
const ANSWER_TIMEOUT: Duration = Duration::from_millis(1_500);
/// The largest response that is read: a whole page of the largest entries is smaller.
const ANSWER_BYTES_MAX: usize = 64 << 20;

/// Another service's feed.
#[derive(Debug)]
pub struct FeedClient(ServiceClient);

/// What a feed answered.
pub(crate) struct Page {
    pub(crate) incarnation: String,
    /// The last row that was committed before the feed was read, shown or not.
    pub(crate) head: Position,
    pub(crate) entries: Vec<Entry>,
}

impl Page {
    /// Whether a consumer that asked after this cursor has nothing to do.
    pub(super) fn is_nothing_new(&self, cursor: &Cursor) -> bool {
        self.entries.is_empty()
            && (self.incarnation == cursor.incarnation || cursor.position == Position::START)
    }
}

impl FeedClient {
    /// The feed of this service.
    #[must_use]
    pub fn new(service: ServiceClient) -> Self {
        Self(service)
    }

    /// The entries after a position; waits this long for the first.
    pub(crate) async fn fetch(&self, after: Position, wait: Duration, limit: u32) -> Result<Page, Failure> {
        let path = format!("{PATH}?lastEventId={after}&timeout={}&limit={limit}", wait.as_millis());
        let timeout = wait + ANSWER_TIMEOUT;
        let page = async {
            let response = self.0.send(Retry::IfLost, Method::GET, &path, timeout, |request| request).await?;
            self.read(response).await
        };
        match tokio::time::timeout(timeout, page).await {
            // Reading changes nothing on the other side.
            Ok(page) => page.map_err(Failure::harmless),
            Err(_) => Err(self.failed("no answer in time")),
        }
    }

    async fn read(&self, response: Response) -> Result<Page, Failure> {
        let mut response = response.error_for_status().map_err(|error| self.failed(display_chain(&error)))?;
        let header = |name: &str| {
            let value = response.headers().get(name).and_then(|value| value.to_str().ok());
            value.map(ToOwned::to_owned).ok_or_else(|| self.failed(format_args!("no header {name}")))
        };
        let incarnation = header(INCARNATION_HEADER)?;
        let head = header(HEAD_HEADER)?.parse().map_err(|error| self.failed(error))?;
        let mut body = Vec::new();
        while let Some(chunk) = response.chunk().await.map_err(|error| self.failed(display_chain(&error)))? {
            if body.len() + chunk.len() > ANSWER_BYTES_MAX {
                return Err(self.failed("the answer is too large"));
            }
            body.extend_from_slice(&chunk);
        }
        let events: Vec<CloudEvent> = serde_json::from_slice(&body).map_err(|error| self.failed(error))?;
        let entries = events.into_iter().map(CloudEvent::into_entry).collect::<Result<_, _>>();
        Ok(Page { incarnation, head, entries: entries.map_err(|error| self.failed(error))? })
    }

    /// Reading the feed failed.
    pub(crate) fn failed(&self, cause: impl fmt::Display) -> Failure {
        Failure::not_done(self.0.service(), cause)
    }
}

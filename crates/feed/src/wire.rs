//! How a feed looks on the wire: HTTP feeds (<https://www.http-feeds.org>) that carry CloudEvents in batches.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use uuid::Uuid;

use crate::{Entry, NoPosition};

/// Where a service serves its feed.
pub(crate) const PATH: &str = "/internal/feed";
pub(crate) const CONTENT_TYPE: &str = "application/cloudevents-batch+json";
/// The life of the feed's database that the positions belong to, and what was archived of it. If it differs from the
/// one before, earlier positions may mean nothing.
pub(crate) const INCARNATION_HEADER: &str = "x-feed-incarnation";
/// The position of the last row that was committed before the response was started, whether or not it may be shown
/// yet.
pub(crate) const HEAD_HEADER: &str = "x-feed-head";
/// The maximum number of entries in one response.
pub(crate) const LIMIT_MAX: u32 = 500;

const SPEC_VERSION: &str = "1.0";

/// An entry as a CloudEvent.
#[derive(Debug, Deserialize, Serialize)]
pub(crate) struct CloudEvent {
    specversion: String,
    id: String,
    source: String,
    r#type: String,
    subject: Uuid,
    time: DateTime<Utc>,
    data: Value,
}

impl CloudEvent {
    pub(crate) fn of(entry: Entry, source: &str) -> Self {
        Self {
            specversion: SPEC_VERSION.to_owned(),
            id: entry.position.to_string(),
            source: source.to_owned(),
            r#type: entry.kind,
            subject: entry.subject,
            time: entry.time,
            data: entry.data,
        }
    }

    pub(crate) fn into_entry(self) -> Result<Entry, NoPosition> {
        Ok(Entry {
            position: self.id.parse()?,
            kind: self.r#type,
            subject: self.subject,
            data: self.data,
            time: self.time,
        })
    }
}

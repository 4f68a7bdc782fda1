//! What a feed consists of, as a consumer sees it.

use chrono::{DateTime, Utc};
use diesel::{QueryResult, result::Error};
use serde::de::DeserializeOwned;
use serde_json::Value;
use uuid::Uuid;

use crate::Position;

/// Something that happened in another service.
#[derive(Clone, Debug, PartialEq)]
pub struct Entry {
    /// Its position in the feed.
    pub position: Position,
    /// What kind of thing happened; consumers skip kinds that they do not know.
    pub kind: String,
    /// What it happened to.
    pub subject: Uuid,
    /// The details, in the form of its kind.
    pub data: Value,
    /// When it was written.
    pub time: DateTime<Utc>,
}

/// An entry of a known kind whose data does not have the form of that kind.
#[derive(Debug, thiserror::Error)]
#[error("entry {position} of kind {kind:?} cannot be decoded: {reason}")]
pub struct MalformedEntry {
    /// The entry's position.
    pub position: Position,
    /// The kind that it claims to be.
    pub kind: String,
    /// Why its data is not of that kind.
    pub reason: String,
}

impl Entry {
    /// The entry's data as the type of its kind.
    ///
    /// # Errors
    ///
    /// A [`MalformedEntry`] inside a [`Error::DeserializationError`]. Return it from [`Apply::apply`](crate::Apply):
    /// the consumer recognizes it, sets the entry aside in `feed_set_aside`, and applies the others.
    pub fn decode<T: DeserializeOwned>(&self) -> QueryResult<T> {
        T::deserialize(&self.data).map_err(|error| {
            let (kind, reason) = (self.kind.clone(), error.to_string());
            Error::DeserializationError(Box::new(MalformedEntry { position: self.position, kind, reason }))
        })
    }
}

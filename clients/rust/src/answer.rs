//! What comes back, and how it is read.

use std::time::Duration;

use booked_contract::{
    ErrorBody, IDEMPOTENCY_REPLAYED_HEADER,
    analytics::{EventAnalytics, EventCancellations},
    event::{Event, EventPage},
    health::Health,
    ticket::{Booking, Holds, OwnTicketPage, Reservation, WaitlistLength},
    user::Token,
};
use bytes::Bytes;
use http::{
    HeaderMap, StatusCode,
    header::{ETAG, LOCATION, RETRY_AFTER},
};
use serde::de::DeserializeOwned;
use serde_json::Value;
use uuid::Uuid;

use crate::ApiError;

const REQUEST_ID_HEADER: &str = "x-request-id";

/// An answer as it came.
#[derive(Clone, Debug)]
pub struct RawAnswer {
    /// Any status.
    pub status: StatusCode,
    /// All headers.
    pub headers: HeaderMap,
    /// The whole body.
    pub body: Bytes,
}

/// A success: its value, and what its headers say.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct Answer<T> {
    /// What it holds.
    pub value: T,
    /// The HTTP status.
    pub status: u16,
    /// Whether this is the first answer again, to a request that was sent before with the same key.
    pub replayed: bool,
    /// What the gateway calls the request, to ask its operator about it.
    pub request_id: Option<String>,
    /// Names what the answer says, for [`if_none_match`](crate::Call::if_none_match).
    pub etag: Option<String>,
    /// What the request was sent with.
    pub idempotency_key: Option<String>,
}

/// An event was created.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CreatedEvent {
    /// Its id.
    pub event_id: Uuid,
}

/// What an answer can hold.
pub trait FromAnswer: Sized {
    /// Reads it from a success.
    ///
    /// # Errors
    ///
    /// Why it cannot be read.
    fn from_answer(answer: &RawAnswer) -> Result<Self, String>;
}

impl RawAnswer {
    /// From `Retry-After`, if that has seconds.
    #[must_use]
    pub fn retry_after(&self) -> Option<Duration> {
        let text = self.header(RETRY_AFTER.as_str())?;
        let is_number = text.bytes().all(|byte| byte.is_ascii_digit());
        text.parse().ok().filter(|_| is_number).map(Duration::from_secs)
    }

    /// Whether it is marked as the answer that an earlier request with the same idempotency key was given.
    #[must_use]
    pub fn replayed(&self) -> bool {
        self.header(IDEMPOTENCY_REPLAYED_HEADER) == Some("true")
    }

    /// The error that it is, if its status is not a success.
    #[must_use]
    pub fn error(&self) -> ApiError {
        ApiError {
            status: self.status.as_u16(),
            body: self.error_body(),
            request_id: self.request_id(),
            retry_after: self.retry_after(),
            replayed: self.replayed(),
        }
    }

    /// The body that errors of the API have; none if it has another, as an answer of a proxy may.
    #[must_use]
    pub fn error_body(&self) -> Option<ErrorBody> {
        serde_json::from_slice(&self.body).ok()
    }

    pub(crate) fn request_id(&self) -> Option<String> {
        self.header(REQUEST_ID_HEADER).map(ToOwned::to_owned)
    }

    pub(crate) fn etag(&self) -> Option<String> {
        self.header(ETAG.as_str()).map(ToOwned::to_owned)
    }

    fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name)?.to_str().ok()
    }
}

impl FromAnswer for () {
    fn from_answer(_: &RawAnswer) -> Result<Self, String> {
        Ok(())
    }
}

impl FromAnswer for CreatedEvent {
    fn from_answer(answer: &RawAnswer) -> Result<Self, String> {
        let location = answer.header(LOCATION.as_str()).unwrap_or_default();
        let mut segments = location.trim_end_matches('/').rsplit('/');
        let id = segments.next().and_then(|id| booked_ids::parse_uuid(id).ok());
        match (id, segments.next()) {
            (Some(event_id), Some("event")) => Ok(Self { event_id }),
            _ => Err("an event was created, but `Location` does not say where".to_owned()),
        }
    }
}

macro_rules! read_as_json {
    ($($kind:ty),* $(,)?) => {
        $(impl FromAnswer for $kind {
            fn from_answer(answer: &RawAnswer) -> Result<Self, String> {
                json(answer)
            }
        })*
    };
}

read_as_json!(
    Event,
    EventPage,
    Health,
    Holds,
    OwnTicketPage,
    Reservation,
    Token,
    Value,
    Vec<Booking>,
    Vec<EventAnalytics>,
    Vec<EventCancellations>,
    WaitlistLength,
);

fn json<T: DeserializeOwned>(answer: &RawAnswer) -> Result<T, String> {
    // Where it cannot be read, but not what it holds, which may be a token.
    serde_json::from_slice(&answer.body).map_err(|error| {
        format!("the body cannot be read at line {}, column {}", error.line(), error.column())
    })
}

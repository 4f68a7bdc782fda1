//! What a request is answered, and whether it was answered so before.

use actix_web::{
    HttpResponse,
    http::header::{HeaderName, HeaderValue},
};
use booked_contract::IDEMPOTENCY_REPLAYED_HEADER;

const REPLAYED: HeaderName = HeaderName::from_static(IDEMPOTENCY_REPLAYED_HEADER);

/// What was done for a request, now or when it was sent first.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Answered<T> {
    /// What was done, or why it was not.
    pub what: T,
    /// Whether that was before, and nothing was done now.
    pub is_replay: bool,
}

impl<T> Answered<T> {
    /// It was done now.
    #[must_use]
    pub fn now(what: T) -> Self {
        Self { what, is_replay: false }
    }

    /// It was done before.
    #[must_use]
    pub fn before(what: T) -> Self {
        Self { what, is_replay: true }
    }

    /// The response that says so.
    pub fn respond(self, response: impl FnOnce(T) -> HttpResponse) -> HttpResponse {
        let mut response = response(self.what);
        if self.is_replay {
            response.headers_mut().insert(REPLAYED, HeaderValue::from_static("true"));
        }
        response
    }
}

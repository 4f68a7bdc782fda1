//! A call: a request, and what the answer to it holds.

use std::{fmt, marker::PhantomData};

use booked_contract::event::{Event, EventPage};
use http::{HeaderValue, Method, StatusCode};
use uuid::Builder;

use crate::{Answer, Failure, FromAnswer, RawAnswer, Request, Unsendable, request::is_visible};

const KEY_CHARS_MAX: usize = 255;

/// An operation with its arguments, whose answer holds a `T`. [`operations`](crate::operations) makes them.
pub struct Call<T> {
    request: Request,
    needs_token: bool,
    answers: PhantomData<fn() -> T>,
}

/// What has an `ETag`, so that it need not be sent again if it is still so.
pub trait Tagged: FromAnswer {}

impl Tagged for Event {}
impl Tagged for EventPage {}

impl<T> Call<T> {
    pub(crate) fn for_anyone(request: Request) -> Self {
        Self { request, needs_token: false, answers: PhantomData }
    }

    pub(crate) fn with_token(request: Request) -> Self {
        Self { request, needs_token: true, answers: PhantomData }
    }

    /// Whether it is for those who are logged in.
    #[must_use]
    pub fn needs_token(&self) -> bool {
        self.needs_token
    }

    /// Whether it may have an idempotency key: it changes something, for somebody who is known.
    #[must_use]
    pub fn takes_key(&self) -> bool {
        self.needs_token && self.request.method != Method::GET
    }

    /// Whether nothing can be done twice if it is sent again after its answer was lost.
    #[must_use]
    pub fn may_be_repeated(&self) -> bool {
        self.request.method == Method::GET || self.request.key.is_some()
    }

    /// The same with an idempotency key, by which it can be made again later, even by another process.
    ///
    /// # Errors
    ///
    /// If it takes no key, or the key is not 1 to 255 visible ASCII characters.
    pub fn with_key(mut self, key: &str) -> Result<Self, Unsendable> {
        const FORM: Unsendable =
            Unsendable("an idempotency key must consist of 1 to 255 visible ASCII characters");
        if !self.takes_key() {
            return Err(Unsendable("this operation takes no idempotency key"));
        }
        if !is_visible(key) || key.len() > KEY_CHARS_MAX {
            return Err(FORM);
        }
        self.request.key = Some(HeaderValue::from_str(key).map_err(|_| FORM)?);
        Ok(self)
    }

    /// The same with a new idempotency key, if it takes one and has none.
    #[must_use]
    pub fn keyed(mut self) -> Self {
        if self.takes_key() && self.request.key.is_none() {
            let key = Builder::from_random_bytes(rand::random()).into_uuid();
            // Digits and hyphens are always a header's value.
            self.request.key = HeaderValue::from_str(&key.to_string()).ok();
        }
        self
    }

    /// What is sent, without a token.
    #[must_use]
    pub fn request(&self) -> &Request {
        &self.request
    }

    /// What is sent, without a token.
    #[must_use]
    pub fn into_request(self) -> Request {
        self.request
    }

    pub(crate) fn key(&self) -> Option<&str> {
        self.request.key.as_ref()?.to_str().ok()
    }
}

impl<T: FromAnswer> Call<T> {
    /// Reads the answer to it.
    ///
    /// # Errors
    ///
    /// The failure that the answer is.
    pub fn read(&self, raw: &RawAnswer) -> Result<Answer<T>, Failure> {
        if raw.status == StatusCode::NOT_MODIFIED {
            return Err(Failure::NotModified);
        }
        if !raw.status.is_success() {
            return Err(Failure::Api(Box::new(raw.error())));
        }
        Ok(Answer {
            value: T::from_answer(raw).map_err(Failure::Unreadable)?,
            status: raw.status.as_u16(),
            replayed: raw.replayed(),
            request_id: raw.request_id(),
            etag: raw.etag(),
            idempotency_key: self.key().map(ToOwned::to_owned),
        })
    }
}

impl<T: Tagged> Call<T> {
    /// The same, unless the answer would be the one with this `ETag`: then it is [`Failure::NotModified`].
    ///
    /// # Errors
    ///
    /// If the tag is not one that an answer has.
    pub fn if_none_match(mut self, etag: &str) -> Result<Self, Unsendable> {
        const FORM: Unsendable = Unsendable("an ETag must consist of visible ASCII characters");
        if !is_visible(etag) {
            return Err(FORM);
        }
        self.request.if_none_match = Some(HeaderValue::from_str(etag).map_err(|_| FORM)?);
        Ok(self)
    }
}

impl<T> Clone for Call<T> {
    fn clone(&self) -> Self {
        Self { request: self.request.clone(), needs_token: self.needs_token, answers: PhantomData }
    }
}

impl<T> fmt::Debug for Call<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.request.fmt(f)
    }
}

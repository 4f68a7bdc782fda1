//! Requests that change something, as handlers take them: with their idempotency key, if they have one.

use std::{
    future::{Future, Ready, ready},
    pin::Pin,
};

use actix_web::{FromRequest, HttpRequest, dev::Payload};
use booked_contract::IDEMPOTENCY_KEY_HEADER;
use booked_server::{ApiError, User, decode_body, read_body};
use serde::de::DeserializeOwned;

use crate::RequestKey;

/// A request's body, one JSON object, and its key.
#[derive(Clone, Copy, Debug)]
pub struct KeyedBody<T> {
    /// The body.
    pub body: T,
    /// The key; none if the request has none.
    pub key: Option<RequestKey>,
}

/// The key of a request without a body.
#[derive(Clone, Copy, Debug)]
pub struct Keyed(pub Option<RequestKey>);

impl<T: DeserializeOwned + 'static> FromRequest for KeyedBody<T> {
    type Error = ApiError;
    type Future = Pin<Box<dyn Future<Output = Result<Self, ApiError>>>>;

    fn from_request(request: &HttpRequest, payload: &mut Payload) -> Self::Future {
        let (bytes, request) = (read_body(request, payload), request.clone());
        Box::pin(async move {
            let bytes = bytes.await?;
            Ok(Self { body: decode_body(&bytes)?, key: key(&request, &bytes)? })
        })
    }
}

impl FromRequest for Keyed {
    type Error = ApiError;
    type Future = Ready<Result<Self, ApiError>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        ready(key(request, b"").map(Self))
    }
}

/// A key without a user is refused as any request without one.
fn key(request: &HttpRequest, body: &[u8]) -> Result<Option<RequestKey>, ApiError> {
    let Some(key) = request.headers().get(IDEMPOTENCY_KEY_HEADER) else { return Ok(None) };
    let User(identity) = User::from_request(request, &mut Payload::None).into_inner()?;
    Ok(Some(RequestKey::of(request, key, body, identity.user)))
}

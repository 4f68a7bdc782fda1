//! A request's body, read and decoded.

use std::{future::Future, pin::Pin};

use actix_web::{FromRequest, HttpRequest, dev::Payload, web::Bytes};
use booked_contract::{Code, json};
use serde::de::DeserializeOwned;

use crate::ApiError;

/// The largest body that is accepted, in bytes.
pub const MAX_BODY_BYTES: usize = 1 << 20;

/// A request's body as one JSON object; its `Content-Type` is ignored.
#[derive(Clone, Copy, Debug)]
pub struct Body<T>(pub T);

impl<T: DeserializeOwned + 'static> FromRequest for Body<T> {
    type Error = ApiError;
    type Future = Pin<Box<dyn Future<Output = Result<Self, ApiError>>>>;

    fn from_request(request: &HttpRequest, payload: &mut Payload) -> Self::Future {
        let bytes = read_body(request, payload);
        Box::pin(async move { decode_body(&bytes.await?).map(Self) })
    }
}

/// A request's whole body.
///
/// # Errors
///
/// It is too large, or broke off.
pub fn read_body(
    request: &HttpRequest,
    payload: &mut Payload,
) -> impl Future<Output = Result<Bytes, ApiError>> + use<> {
    let bytes = Bytes::from_request(request, payload);
    async move { bytes.await.map_err(unreadable) }
}

/// A body as what it must be, one JSON object.
///
/// # Errors
///
/// It is something else.
pub fn decode_body<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, ApiError> {
    json::read_object(bytes).map_err(|error| ApiError::new(Code::BodyUndecodable).with_detail(error))
}

fn unreadable(error: actix_web::Error) -> ApiError {
    match error.as_response_error().status_code().as_u16() {
        413 => ApiError::new(Code::BodyTooLarge),
        _ => ApiError::new(Code::BodyUndecodable).with_detail("the body broke off"),
    }
}

//! Phase 8, idempotency key: the name by which a client may send a request again without it being done twice.
//!
//! Quoted it is a string of RFC 9651, as draft-ietf-httpapi-idempotency-key-header wants it; bare it is what many clients send.
//! Both forms of one key name the same request. Here only the form is checked: the service that does what is asked for
//! keeps the key, next to what it did.

use std::borrow::Cow;

use actix_http::Request;
use actix_web::{HttpMessage as _, http::header::HeaderValue};
use booked_contract::IDEMPOTENCY_KEY_HEADER;

use crate::{
    rejection::Rejection,
    routes::{Retry, Route},
};

const CHARACTERS_MAX: usize = 255;

/// The key in its bare form, if the request has one; it is ignored where nothing is changed, or nobody is known who could have
/// sent the same request before.
pub(crate) fn read(route: &Route, request: &Request) -> Result<Option<HeaderValue>, Rejection> {
    if route.retry != Retry::WithKey {
        return Ok(None);
    }
    let mut values = request.headers().get_all(IDEMPOTENCY_KEY_HEADER);
    match (values.next(), values.next()) {
        (None, _) => Ok(None),
        (Some(value), None) => {
            let key = parse(value.as_bytes()).ok_or(Rejection::IdempotencyKeyMalformed)?;
            HeaderValue::from_bytes(&key).map(Some).map_err(|_| Rejection::IdempotencyKeyMalformed)
        }
        (Some(_), Some(_)) => Err(Rejection::IdempotencyKeyMalformed),
    }
}

fn parse(value: &[u8]) -> Option<Cow<'_, [u8]>> {
    let key = match value.strip_prefix(b"\"") {
        Some(quoted) => Cow::Owned(unquote(quoted)?),
        None => Cow::Borrowed(value),
    };
    let is_valid = (1..=CHARACTERS_MAX).contains(&key.len()) && key.iter().all(u8::is_ascii_graphic);
    is_valid.then_some(key)
}

/// What stands between the quotes, of which the first is taken off already.
fn unquote(quoted: &[u8]) -> Option<Vec<u8>> {
    let mut escaped = quoted.strip_suffix(b"\"")?.iter();
    let mut key = Vec::with_capacity(escaped.len());
    while let Some(byte) = escaped.next() {
        key.push(match byte {
            b'\\' => *escaped.next().filter(|byte| matches!(byte, b'"' | b'\\'))?,
            b'"' => return None,
            byte => *byte,
        });
    }
    Some(key)
}

//! What is sent. Nothing here sends it, so that it serves the [`Client`](crate::Client) and whoever has connections of
//! their own.

use std::{borrow::Cow, fmt};

use booked_contract::IDEMPOTENCY_KEY_HEADER;
use bytes::Bytes;
use http::{
    HeaderName, HeaderValue, Method, Uri,
    header::{AUTHORIZATION, CONTENT_TYPE, IF_NONE_MATCH},
};
use serde::Serialize;

use crate::Unsendable;

/// A request.
#[derive(Clone)]
pub struct Request {
    /// What to do.
    pub method: Method,
    /// With what; includes the query, if there is one.
    pub path: Cow<'static, str>,
    /// None if the caller is anonymous.
    pub authorization: Option<HeaderValue>,
    /// The idempotency key, if it has one.
    pub key: Option<HeaderValue>,
    /// The `ETag` of an earlier answer, if that need not be sent again.
    pub if_none_match: Option<HeaderValue>,
    /// Empty if there is none.
    pub body: Bytes,
}

impl Request {
    /// `GET path`, anonymously.
    #[must_use]
    pub fn get(path: impl Into<Cow<'static, str>>) -> Self {
        Self {
            method: Method::GET,
            path: path.into(),
            authorization: None,
            key: None,
            if_none_match: None,
            body: Bytes::new(),
        }
    }

    /// `POST path` with a body of JSON, anonymously.
    #[must_use]
    pub fn post(path: impl Into<Cow<'static, str>>, body: &impl Serialize) -> Self {
        // The types of the contract can always be written as JSON; an empty body would be refused.
        let body = serde_json::to_vec(body).unwrap_or_default();
        Self { method: Method::POST, body: body.into(), ..Self::get(path) }
    }

    /// The same, with a token.
    #[must_use]
    pub fn by(self, authorization: &HeaderValue) -> Self {
        Self { authorization: Some(authorization.clone()), ..self }
    }

    /// The message to this address. `Host` and what else belongs to a connection is left to who sends it.
    #[must_use]
    pub fn into_message(self, uri: Uri) -> http::Request<Bytes> {
        let has_body = !self.body.is_empty();
        let mut message = http::Request::new(self.body);
        *message.method_mut() = self.method;
        *message.uri_mut() = uri;
        let headers = message.headers_mut();
        if has_body {
            headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
        }
        let optional = [
            (AUTHORIZATION, self.authorization),
            (IF_NONE_MATCH, self.if_none_match),
            (HeaderName::from_static(IDEMPOTENCY_KEY_HEADER), self.key),
        ];
        for (name, value) in optional {
            if let Some(value) = value {
                headers.insert(name, value);
            }
        }
        message
    }
}

impl fmt::Debug for Request {
    /// Without what may be secret.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.method, self.path)
    }
}

/// The header that says whose token it is.
///
/// # Errors
///
/// If the token has characters that cannot be sent. The error does not show them.
pub fn authorization(token: &str) -> Result<HeaderValue, Unsendable> {
    const WHAT: &str = "a token must consist of visible ASCII characters";
    if !is_visible(token) {
        return Err(Unsendable(WHAT));
    }
    let mut value = HeaderValue::from_str(&format!("Bearer {token}")).map_err(|_| Unsendable(WHAT))?;
    value.set_sensitive(true);
    Ok(value)
}

/// Whether it consists of visible ASCII characters, and of at least one.
pub(crate) fn is_visible(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_graphic())
}

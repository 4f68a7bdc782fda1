//! Cross-origin requests: which web pages may read our responses. Off unless origins are configured.

use actix_http::Request;
use actix_web::{
    HttpMessage as _, HttpResponse,
    http::{
        Method,
        header::{self, HeaderName, HeaderValue},
    },
};

use crate::{config::Origins, rejection::Rejection};

/// How long a browser may cache the response to a preflight.
const PREFLIGHT_AGE_S: u64 = 600;
const REQUEST_HEADERS: &str =
    "Authorization, Content-Type, Idempotency-Key, If-None-Match, X-Request-Id, Traceparent, Tracestate";
const RESPONSE_HEADERS: &str =
    "ETag, Idempotency-Replayed, Location, RateLimit, RateLimit-Policy, Retry-After, X-Request-Id";

/// The response to a browser's preflight for a page of a configured origin; `None` for any other request. No route has the
/// method of a preflight, so it is recognized by why it is rejected.
pub(crate) fn preflight(origins: &Origins, request: &Request, rejection: &Rejection) -> Option<HttpResponse> {
    let is_preflight = request.headers().contains_key(header::ACCESS_CONTROL_REQUEST_METHOD);
    if request.method() != Method::OPTIONS || !is_preflight || allowed(origins, request).is_none() {
        return None;
    }
    match rejection {
        Rejection::MethodNotAllowed { allowed: methods } => Some(
            HttpResponse::NoContent()
                .insert_header((header::ACCESS_CONTROL_ALLOW_METHODS, methods.to_string()))
                .insert_header((header::ACCESS_CONTROL_ALLOW_HEADERS, REQUEST_HEADERS))
                .insert_header((header::ACCESS_CONTROL_MAX_AGE, PREFLIGHT_AGE_S))
                .finish(),
        ),
        _ => None,
    }
}

/// Tells the browser whether the page may read the response.
pub(crate) fn apply(origins: &Origins, request: &Request, response: &mut HttpResponse) {
    if let Origins::Listed(listed) = origins
        && listed.is_empty()
    {
        return;
    }
    let headers = response.headers_mut();
    // A cache must not give the response for one origin to a page of another.
    headers.append(header::VARY, HeaderValue::from_name(HeaderName::from_static("origin")));
    if let Some(origin) = allowed(origins, request) {
        headers.insert(header::ACCESS_CONTROL_ALLOW_ORIGIN, origin);
        headers.insert(header::ACCESS_CONTROL_EXPOSE_HEADERS, HeaderValue::from_static(RESPONSE_HEADERS));
    }
}

/// The origin that the response names. Tokens come in a header that a page must know, never in cookies, so `*` gives no page
/// more than its own user has.
fn allowed(origins: &Origins, request: &Request) -> Option<HeaderValue> {
    let origin = request.headers().get(header::ORIGIN)?;
    match origins {
        Origins::All => Some(HeaderValue::from_static("*")),
        Origins::Listed(listed) => {
            listed.iter().any(|listed| listed.as_bytes() == origin.as_bytes()).then(|| origin.clone())
        }
    }
}

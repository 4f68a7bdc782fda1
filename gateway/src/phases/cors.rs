//! Cross-origin requests: which web pages may read our answers. Off unless origins are configured.

use actix_http::Request;
use actix_web::{
    HttpMessage as _, HttpResponse,
    http::{
        Method,
        header::{self, HeaderName, HeaderValue},
    },
};

use crate::{config::Origins, refusal::Refusal};

/// How long a browser may remember the answer to a preflight.
const PREFLIGHT_AGE_S: u64 = 600;
const REQUEST_HEADERS: &str = "Authorization, Content-Type, X-Request-Id, Traceparent, Tracestate";
const RESPONSE_HEADERS: &str = "Location, Retry-After, X-Request-Id";

/// The answer to a browser that asks whether a page of a configured origin may ask what it is about to ask; `None` for
/// any other request. No route has such a request's method, so it is known by why it is refused.
pub(crate) fn preflight(origins: &Origins, request: &Request, refusal: &Refusal) -> Option<HttpResponse> {
    let asks = request.headers().contains_key(header::ACCESS_CONTROL_REQUEST_METHOD);
    if request.method() != Method::OPTIONS || !asks || allowed(origins, request).is_none() {
        return None;
    }
    match refusal {
        Refusal::MethodNotAllowed { allowed: methods } => Some(
            HttpResponse::NoContent()
                .insert_header((header::ACCESS_CONTROL_ALLOW_METHODS, methods.to_string()))
                .insert_header((header::ACCESS_CONTROL_ALLOW_HEADERS, REQUEST_HEADERS))
                .insert_header((header::ACCESS_CONTROL_MAX_AGE, PREFLIGHT_AGE_S))
                .finish(),
        ),
        _ => None,
    }
}

/// Tells the browser that the page may read the answer, where it may.
pub(crate) fn put(origins: &Origins, request: &Request, response: &mut HttpResponse) {
    if let Origins::Listed(listed) = origins
        && listed.is_empty()
    {
        return;
    }
    let headers = response.headers_mut();
    // A cache must not give the answer for one origin to a page of another.
    headers.append(header::VARY, HeaderValue::from_name(HeaderName::from_static("origin")));
    if let Some(origin) = allowed(origins, request) {
        headers.insert(header::ACCESS_CONTROL_ALLOW_ORIGIN, origin);
        headers.insert(header::ACCESS_CONTROL_EXPOSE_HEADERS, HeaderValue::from_static(RESPONSE_HEADERS));
    }
}

/// The origin that the answer names. Tokens come in a header that a page must know, never in cookies, so `*` gives no
/// page more than its own user has.
fn allowed(origins: &Origins, request: &Request) -> Option<HeaderValue> {
    let origin = request.headers().get(header::ORIGIN)?;
    match origins {
        Origins::All => Some(HeaderValue::from_static("*")),
        Origins::Listed(listed) => {
            listed.iter().any(|listed| listed.as_bytes() == origin.as_bytes()).then(|| origin.clone())
        }
    }
}

//! The id that the log lines of a request share; the gateway assigns it.

use actix_web::dev::ServiceRequest;

/// The header that carries it.
pub const REQUEST_ID_HEADER: &str = "x-request-id";

pub(crate) fn of(request: &ServiceRequest) -> &str {
    request.headers().get(REQUEST_ID_HEADER).and_then(|value| value.to_str().ok()).unwrap_or_default()
}

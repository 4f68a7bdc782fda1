//! Conditional reads: a client that names what it has already is not sent it again.
//!
//! This is decided here, after the service has answered, since clients that share a read may have different things
//! already.

use actix_http::Request;
use actix_web::{
    HttpMessage as _, HttpResponse,
    http::{
        Method, StatusCode,
        header::{self, EntityTag, Header as _, IfNoneMatch},
    },
};

/// What a response without a body still says: RFC 9110, section 15.4.5.
const KEPT: [header::HeaderName; 2] = [header::ETAG, header::CACHE_CONTROL];

/// `304 Not Modified` in place of a response to a read that `If-None-Match` names; any other response as it is.
pub(crate) fn apply(request: &Request, response: HttpResponse) -> HttpResponse {
    let is_read = matches!(*request.method(), Method::GET | Method::HEAD);
    if !is_read || response.status() != StatusCode::OK || !is_named(request, &response) {
        return response;
    }
    let mut not_modified = HttpResponse::NotModified();
    for name in KEPT {
        if let Some(value) = response.headers().get(&name) {
            not_modified.insert_header((name, value.clone()));
        }
    }
    not_modified.finish()
}

/// Whether the request names the response's tag. What is malformed names nothing.
fn is_named(request: &Request, response: &HttpResponse) -> bool {
    if !request.headers().contains_key(header::IF_NONE_MATCH) {
        return false;
    }
    let tag =
        response.headers().get(header::ETAG).and_then(|tag| tag.to_str().ok()?.parse::<EntityTag>().ok());
    match (tag, IfNoneMatch::parse(request)) {
        (Some(_), Ok(IfNoneMatch::Any)) => true,
        (Some(tag), Ok(IfNoneMatch::Items(named))) => named.iter().any(|named| named.weak_eq(&tag)),
        _ => false,
    }
}

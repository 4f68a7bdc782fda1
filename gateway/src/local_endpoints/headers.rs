//! Headers that restrict what browsers do with a page.

use actix_web::{HttpResponse, HttpResponseBuilder, http::header};

pub(super) const NO_SNIFF: (header::HeaderName, &str) = (header::X_CONTENT_TYPE_OPTIONS, "nosniff");

/// The response for a page that no other site may frame, and that may do what the policy says.
pub(super) fn framed_by_nobody(policy: &'static str) -> HttpResponseBuilder {
    let mut response = HttpResponse::Ok();
    response
        .insert_header(NO_SNIFF)
        .insert_header((header::CONTENT_SECURITY_POLICY, policy))
        .insert_header((header::X_FRAME_OPTIONS, "DENY"))
        .insert_header((header::REFERRER_POLICY, "no-referrer"));
    response
}

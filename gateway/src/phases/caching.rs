//! What browsers and caches in between may keep of a response.

use actix_web::{
    HttpResponse,
    http::header::{self, HeaderValue},
};

use crate::{
    routes::{Access, Handler, Route},
    services::ServiceName,
};

/// Keeps personal data, and tokens, out of every cache.
pub(crate) fn apply(route: Option<&Route>, response: &mut HttpResponse) {
    let is_personal = route.is_some_and(|route| {
        route.access != Access::Anyone || route.handler == Handler::Service(ServiceName::User)
    });
    if is_personal {
        response.headers_mut().insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    }
}

//! What browsers and caches between are told about an answer.

use actix_web::{
    HttpResponse,
    http::header::{self, HeaderValue},
};

use crate::{
    routes::{Answerer, Route, Who},
    services::ServiceName,
};

/// Keeps what is somebody's own, and tokens, out of every cache.
pub(crate) fn put(route: Option<&Route>, response: &mut HttpResponse) {
    let is_personal = route.is_some_and(|route| {
        route.who != Who::Anyone || route.answerer == Answerer::Service(ServiceName::User)
    });
    if is_personal {
        response.headers_mut().insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    }
}

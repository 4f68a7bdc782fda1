//! A call to a service, and the request that each replica is sent for it.

use booked_identity::internal::{CREDENTIAL_HEADER, DEADLINE_HEADER};
use bytes::Bytes;
use http::{HeaderMap, HeaderName, HeaderValue, Method, Request, header};
use http_body_util::Full;
use tokio::time::Instant;

use crate::routes::Priority;

#[derive(Debug)]
pub(crate) struct Call {
    pub(crate) method: Method,
    pub(crate) target: http::Uri,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Bytes,
    pub(crate) priority: Priority,
}

impl Call {
    /// A call that every service answers and that costs it nothing.
    pub(super) fn probe(&self) -> Self {
        let credential = self.headers.get(CREDENTIAL_HEADER).cloned();
        let header = credential.map(|credential| (HeaderName::from_static(CREDENTIAL_HEADER), credential));
        Self {
            method: Method::GET,
            target: http::Uri::from_static("/"),
            headers: HeaderMap::from_iter(header),
            body: Bytes::new(),
            priority: Priority::Normal,
        }
    }

    /// The request to one replica. It says how long its caller still waits.
    pub(super) fn request(&self, host: &HeaderValue, deadline: Instant) -> Request<Full<Bytes>> {
        let mut request = Request::new(Full::new(self.body.clone()));
        *request.method_mut() = self.method.clone();
        *request.uri_mut() = self.target.clone();
        *request.headers_mut() = self.headers.clone();
        let left = deadline.saturating_duration_since(Instant::now()).as_millis();
        let left_ms = HeaderValue::from(u64::try_from(left).unwrap_or(u64::MAX));
        request.headers_mut().insert(header::HOST, host.clone());
        request.headers_mut().insert(HeaderName::from_static(DEADLINE_HEADER), left_ms);
        request
    }
}

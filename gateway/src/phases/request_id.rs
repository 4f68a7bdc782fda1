//! Phase 1, request id: the client's own if it sent a valid one, otherwise a new one; it is on every response.

use actix_http::Request;
use actix_web::{
    HttpMessage as _, HttpResponse,
    http::header::{HeaderName, HeaderValue},
};
use booked_server::{REQUEST_ID_HEADER, Random};

const CHARACTERS_MAX: usize = 128;

/// What logs call a request, here and in the services.
pub(crate) struct RequestId(HeaderValue);

impl RequestId {
    pub(crate) fn choose(request: &Request, random: &dyn Random) -> Self {
        let own = request.headers().get(REQUEST_ID_HEADER).filter(|value| is_valid(value));
        Self(own.cloned().unwrap_or_else(|| new(random)))
    }

    pub(crate) fn as_str(&self) -> &str {
        self.0.to_str().unwrap_or_default()
    }

    pub(crate) fn apply(self, response: &mut HttpResponse) {
        response.headers_mut().insert(HeaderName::from_static(REQUEST_ID_HEADER), self.0);
    }
}

/// It is logged as it is: only characters that can do no harm there.
fn is_valid(value: &HeaderValue) -> bool {
    let allowed = |byte: &u8| byte.is_ascii_alphanumeric() || b"._-".contains(byte);
    (1..=CHARACTERS_MAX).contains(&value.len()) && value.as_bytes().iter().all(allowed)
}

fn new(random: &dyn Random) -> HeaderValue {
    let id = random.uuid().to_string();
    HeaderValue::try_from(id).unwrap_or_else(|_| HeaderValue::from_static("unknown"))
}

//! A call to a service, and the request that each replica is sent for it.

use std::io::Write as _;

use actix_web::http::{Method, Uri, header::HeaderValue};
use booked_identity::internal::{CREDENTIAL_HEADER, DEADLINE_HEADER};
use bytes::Bytes;
use tokio::time::Instant;

use crate::routes::Priority;

/// Of host and deadline, which are written for each replica.
const FURTHER_BYTES: usize = 128;

#[derive(Debug)]
pub(crate) struct Call {
    /// The request as far as it is the same for all replicas.
    head: Vec<u8>,
    body: Bytes,
    pub(super) priority: Priority,
    credential: HeaderValue,
}

impl Call {
    pub(crate) fn new(
        method: &Method,
        target: &Uri,
        credential: &HeaderValue,
        body: Bytes,
        priority: Priority,
    ) -> Self {
        let mut head = Vec::with_capacity(512);
        let target = target.path_and_query().map_or("/", |target| target.as_str());
        for part in [method.as_str(), " ", target, " HTTP/1.1\r\n"] {
            head.extend_from_slice(part.as_bytes());
        }
        let mut call = Self { head, body, priority, credential: credential.clone() };
        call.put(CREDENTIAL_HEADER, credential.as_bytes());
        if *method == Method::POST || !call.body.is_empty() {
            call.put_number("content-length", u64::try_from(call.body.len()).unwrap_or(u64::MAX));
        }
        call
    }

    /// Adds a header, unless its value has a byte that would end it (RFC 9110, section 5.5).
    pub(crate) fn put(&mut self, name: &str, value: &[u8]) {
        put(&mut self.head, name, value);
    }

    fn put_number(&mut self, name: &str, number: u64) {
        put_number(&mut self.head, name, number);
    }

    /// A call that every service answers and that costs it nothing.
    pub(super) fn probe(&self) -> Self {
        Self::new(&Method::GET, &Uri::from_static("/"), &self.credential, Bytes::new(), Priority::Normal)
    }

    /// The request to one replica. It says how long its caller still waits.
    pub(super) fn request(&self, host: &HeaderValue, deadline: Instant) -> Vec<u8> {
        let mut request = Vec::with_capacity(self.head.len() + FURTHER_BYTES + self.body.len());
        request.extend_from_slice(&self.head);
        put(&mut request, "host", host.as_bytes());
        let left = deadline.saturating_duration_since(Instant::now()).as_millis();
        put_number(&mut request, DEADLINE_HEADER, u64::try_from(left).unwrap_or(u64::MAX));
        request.extend_from_slice(b"\r\n");
        request.extend_from_slice(&self.body);
        request
    }
}

fn put(head: &mut Vec<u8>, name: &str, value: &[u8]) {
    let is_allowed = |byte: &u8| matches!(byte, b'\t' | b' '..=b'~' | 0x80..);
    if value.iter().all(is_allowed) {
        for part in [name.as_bytes(), b": ", value, b"\r\n"] {
            head.extend_from_slice(part);
        }
    }
}

fn put_number(head: &mut Vec<u8>, name: &str, number: u64) {
    // Writing to memory does not fail.
    let _ = write!(head, "{name}: {number}\r\n");
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    fn text(call: &Call) -> String {
        let deadline = Instant::now() + Duration::from_secs(5);
        let request = call.request(&HeaderValue::from_static("ticketing:8083"), deadline);
        let text = String::from_utf8(request).unwrap();
        let (before, after) = text.split_once("x-booked-deadline-ms: ").unwrap();
        let (left_ms, after) = after.split_once("\r\n").unwrap();
        assert!((4_000..=5_000).contains(&left_ms.parse::<u32>().unwrap()), "{left_ms}");
        format!("{before}{after}")
    }

    fn call(method: &Method, body: &'static str) -> Call {
        let credential = HeaderValue::from_static("secret");
        let target = Uri::from_static("/ticket/book/?a=1");
        Call::new(method, &target, &credential, Bytes::from_static(body.as_bytes()), Priority::High)
    }

    #[test]
    fn a_request_is_complete() {
        let mut call = call(&Method::POST, "{}");
        call.put("x-request-id", b"seven");
        let expected = "POST /ticket/book/?a=1 HTTP/1.1\r\nx-booked-credential: secret\r\ncontent-length: 2\r\n\
                        x-request-id: seven\r\nhost: ticketing:8083\r\n\r\n{}";
        assert_eq!(text(&call), expected);
        let probe = "GET / HTTP/1.1\r\nx-booked-credential: secret\r\nhost: ticketing:8083\r\n\r\n";
        assert_eq!(text(&call.probe()), probe);
    }

    #[test]
    fn a_value_cannot_end_its_line() {
        let mut call = call(&Method::GET, "");
        for value in ["a\r\nx-role: admin", "a\nb", "a\0b", "a\x7fb"] {
            call.put("x-request-id", value.as_bytes());
        }
        call.put("x-name", "Käthe\t".as_bytes());
        let text = text(&call);
        assert!(!text.contains("x-request-id") && text.contains("x-name: Käthe\t\r\n"), "{text}");
    }

    #[test]
    fn only_a_request_that_may_have_a_body_says_how_long_it_is() {
        assert!(text(&call(&Method::POST, "")).contains("content-length: 0\r\n"));
        assert!(!text(&call(&Method::DELETE, "")).contains("content-length"));
    }
}

//! What names a request: the key that its sender gave it, and a digest of what it asks for.

use actix_web::{HttpRequest, http::header::HeaderValue};
use aws_lc_rs::digest::{Context, SHA256};
use booked_ids::UserId;
use serde_json::Value;
use uuid::Uuid;

/// What separates the parts that are digested; no part contains it.
const BETWEEN: &[u8] = b"\0";

/// The name of one user's request to one route, and what it asks for. The latter are digests (128 bits of SHA-256), so that a key takes
/// the same room whatever a client sends, and nothing that a client has chosen is stored.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct RequestKey {
    /// Whose.
    pub user: UserId,
    /// Of user, route and key.
    pub id: Uuid,
    /// Of method, path with query, and the JSON value of the body.
    pub request: Uuid,
}

impl RequestKey {
    /// A request of this user with this key, whose form the gateway has checked.
    pub(crate) fn of(request: &HttpRequest, key: &HeaderValue, body: &[u8], user: UserId) -> Self {
        let (method, path) = (request.method().as_str().as_bytes(), request.path().as_bytes());
        Self {
            user,
            id: digest(&[user.as_uuid().as_bytes(), method, path, key.as_bytes()]),
            request: digest(&[method, path, request.query_string().as_bytes(), &canonical(body)]),
        }
    }
}

/// The same bytes for the same JSON value, whatever its spaces and the order of its members.
fn canonical(body: &[u8]) -> Vec<u8> {
    let Ok(mut value) = serde_json::from_slice::<Value>(body) else { return body.to_vec() };
    value.sort_all_objects();
    value.to_string().into_bytes()
}

fn digest(parts: &[&[u8]]) -> Uuid {
    let mut digest = Context::new(&SHA256);
    for part in parts {
        digest.update(part);
        digest.update(BETWEEN);
    }
    let digest = digest.finish();
    let half = digest.as_ref().first_chunk().copied().unwrap_or_default();
    Uuid::from_bytes(half)
}

#[cfg(test)]
mod tests {
    use actix_web::{http::Method, test::TestRequest};

    use super::*;

    fn sent_by(user: u128, method: Method, target: &str, key: &'static str, body: &str) -> RequestKey {
        let request = TestRequest::with_uri(target).method(method).to_http_request();
        let user = UserId::from_uuid(Uuid::from_u128(user));
        RequestKey::of(&request, &HeaderValue::from_static(key), body.as_bytes(), user)
    }

    #[test]
    fn the_same_json_value_is_the_same_request() {
        let key = |body| sent_by(1, Method::POST, "/a/", "k", body);
        let first = key(r#"{"a": 1, "b": [{"x": "ü", "y": null}]}"#);
        assert_eq!(first, key(r#" { "b":[{"y":null,"x":"\u00fc"}], "a":1 }"#));
        for other in [r#"{"a": 2, "b": [{"x": "ü", "y": null}]}"#, r#"{"a": 1}"#, "{}", "", "no JSON"] {
            assert_eq!(first.id, key(other).id);
            assert_ne!(first.request, key(other).request);
        }
    }

    #[test]
    fn a_key_belongs_to_one_user_and_route() {
        let first = sent_by(1, Method::DELETE, "/a/?id=1", "k", "");
        let other_query = sent_by(1, Method::DELETE, "/a/?id=2", "k", "");
        assert_eq!(first.id, other_query.id);
        assert_ne!(first.request, other_query.request);
        for other in [
            sent_by(2, Method::DELETE, "/a/?id=1", "k", ""),
            sent_by(1, Method::POST, "/a/?id=1", "k", ""),
            sent_by(1, Method::DELETE, "/b/?id=1", "k", ""),
            sent_by(1, Method::DELETE, "/a/?id=1", "l", ""),
        ] {
            assert_ne!(first.id, other.id);
        }
    }

    #[test]
    fn where_a_part_ends_makes_a_difference() {
        assert_ne!(digest(&[b"ab", b"c"]), digest(&[b"a", b"bc"]));
    }
}

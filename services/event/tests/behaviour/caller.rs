//! Requests as the gateway forwards them.

use std::net::SocketAddr;

use booked_contract::{IDEMPOTENCY_KEY_HEADER, IDEMPOTENCY_REPLAYED_HEADER};
use booked_identity::{
    Identity, Role,
    internal::{CREDENTIAL_HEADER, identity_headers},
};
use booked_ids::UserId;
use reqwest::{
    Client, Method,
    header::{HeaderMap, HeaderName},
};
use serde_json::Value;
use uuid::Uuid;

use crate::world::SECRET;

/// Someone who calls the service.
#[derive(Clone)]
pub(crate) struct Caller {
    client: Client,
    address: SocketAddr,
    /// With which idempotency key they send what they send.
    key: Option<String>,
}

#[derive(Clone, Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) body: Value,
    pub(crate) location: Option<String>,
    pub(crate) retry_after: Option<String>,
    pub(crate) tag: Option<String>,
    pub(crate) cache_control: Option<String>,
    /// Whether it says that it was given before.
    pub(crate) is_replay: bool,
}

impl Answer {
    /// The status and the error code.
    pub(crate) fn error(&self) -> (u16, &str) {
        let code = self.body["category_code"].as_str().unwrap_or_default();
        assert_eq!(self.body["category"], code.split('-').next().unwrap(), "{self:?}");
        assert!(self.body["msg"].is_string(), "{self:?}");
        (self.status, code)
    }
}

impl Caller {
    pub(crate) fn admin(address: SocketAddr) -> Self {
        Self::new(address, Some(Role::Admin))
    }

    pub(crate) fn user(address: SocketAddr) -> Self {
        Self::new(address, Some(Role::User))
    }

    pub(crate) fn anyone(address: SocketAddr) -> Self {
        Self::new(address, None)
    }

    fn new(address: SocketAddr, role: Option<Role>) -> Self {
        let identity = role.map(|role| Identity {
            user: UserId::from_uuid(Uuid::from_u128(7)),
            email: "someone@example.org".to_owned(),
            role,
        });
        let identity = identity.iter().flat_map(identity_headers);
        let credential = (CREDENTIAL_HEADER, SECRET.to_owned());
        let headers = identity
            .chain([credential])
            .map(|(name, value)| (HeaderName::from_static(name), value.parse().unwrap()));
        let client = Client::builder().default_headers(HeaderMap::from_iter(headers)).build().unwrap();
        Self { client, address, key: None }
    }

    /// The same one, who sends everything with this idempotency key, to this replica.
    pub(crate) fn with_key(&self, key: &str, address: SocketAddr) -> Self {
        Self { key: Some(key.to_owned()), address, ..self.clone() }
    }

    pub(crate) async fn get(&self, path: &str) -> Answer {
        self.send(Method::GET, path, Vec::new()).await
    }

    pub(crate) async fn delete(&self, path: &str) -> Answer {
        self.send(Method::DELETE, path, Vec::new()).await
    }

    pub(crate) async fn post(&self, path: &str, body: &Value) -> Answer {
        self.send(Method::POST, path, body.to_string().into_bytes()).await
    }

    pub(crate) async fn send(&self, method: Method, path: &str, body: Vec<u8>) -> Answer {
        let url = format!("http://{}{path}", self.address);
        let request = self.client.request(method, url).body(body);
        let request =
            self.key.iter().fold(request, |request, key| request.header(IDEMPOTENCY_KEY_HEADER, key));
        let response = request.send().await.unwrap();
        let header =
            |name: &str| response.headers().get(name).map(|value| value.to_str().unwrap().to_owned());
        let (status, location) = (response.status().as_u16(), header("location"));
        let (retry_after, tag, cache_control) =
            (header("retry-after"), header("etag"), header("cache-control"));
        let is_replay = header(IDEMPOTENCY_REPLAYED_HEADER).as_deref() == Some("true");
        let bytes = response.bytes().await.unwrap();
        let body = if bytes.is_empty() { Value::Null } else { serde_json::from_slice(&bytes).unwrap() };
        Answer { status, body, location, retry_after, tag, cache_control, is_replay }
    }
}

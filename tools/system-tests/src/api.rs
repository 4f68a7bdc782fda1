//! The public API as a client sees it: every request gives an [`Answer`], whatever its status.

use std::time::{Duration, Instant};

use reqwest::{Client, Method};
use serde_json::Value;

/// Longer than any answer may take, so that a late answer is seen as late and not as none.
const PATIENCE: Duration = Duration::from_secs(10);

/// A client of the gateway, with or without a token.
#[derive(Clone)]
pub struct Api {
    client: Client,
    url: String,
    token: Option<String>,
    header: Option<(&'static str, String)>,
}

/// What came back.
#[derive(Clone, Debug)]
pub struct Answer {
    /// The HTTP status; 0 where there was no answer at all.
    pub status: u16,
    /// The body as JSON; `null` if it is empty or not JSON.
    pub body: Value,
    /// The value of `Location`.
    pub location: Option<String>,
    /// How long it took.
    pub took: Duration,
}

impl Answer {
    /// The error code, `TICKET-01`; empty if there is none.
    #[must_use]
    pub fn code(&self) -> &str {
        self.body["category_code"].as_str().unwrap_or_default()
    }

    /// This answer, where it has the status.
    ///
    /// # Errors
    ///
    /// What it is instead.
    pub fn expect(self, status: u16) -> Result<Self, String> {
        if self.status == status { Ok(self) } else { Err(format!("expected {status}, got {self:?}")) }
    }
}

impl Api {
    /// A client without a token.
    #[must_use]
    pub fn new(url: impl Into<String>) -> Self {
        Self { client: Client::new(), url: url.into(), token: None, header: None }
    }

    /// The same client with a token.
    #[must_use]
    pub fn with_token(&self, token: &str) -> Self {
        Self { token: Some(token.to_owned()), ..self.clone() }
    }

    /// The same client with a header.
    #[must_use]
    pub fn with_header(&self, name: &'static str, value: &str) -> Self {
        Self { header: Some((name, value.to_owned())), ..self.clone() }
    }

    /// `GET path`.
    pub async fn get(&self, path: &str) -> Answer {
        self.send(Method::GET, path, None).await
    }

    /// `DELETE path`.
    pub async fn delete(&self, path: &str) -> Answer {
        self.send(Method::DELETE, path, None).await
    }

    /// `POST path` with a body.
    pub async fn post(&self, path: &str, body: Value) -> Answer {
        self.send(Method::POST, path, Some(body)).await
    }

    async fn send(&self, method: Method, path: &str, body: Option<Value>) -> Answer {
        let begun = Instant::now();
        let mut request = self.client.request(method, format!("{}{path}", self.url)).timeout(PATIENCE);
        if let Some(token) = &self.token {
            request = request.bearer_auth(token);
        }
        if let Some((name, value)) = &self.header {
            request = request.header(*name, value);
        }
        if let Some(body) = body {
            request = request.json(&body);
        }
        let (mut status, mut location, mut text) = (0, None, String::new());
        match request.send().await {
            Ok(response) => {
                status = response.status().as_u16();
                location = header(&response, "location");
                text = response.text().await.unwrap_or_default();
            }
            Err(error) => text.push_str(&format!("\"no answer: {error}\"")),
        }
        let body = serde_json::from_str(&text).unwrap_or_default();
        Answer { status, body, location, took: begun.elapsed() }
    }
}

fn header(response: &reqwest::Response, name: &str) -> Option<String> {
    response.headers().get(name)?.to_str().ok().map(ToOwned::to_owned)
}

//! A service for a test: in the test's own process, with a database and a folder of keys that no other test uses.

use std::{future::Future, path::Path, time::Duration};

use booked_identity::{
    Jwks, SigningKeys, Verified, Verifier,
    internal::{CLIENT_ADDRESS_HEADER, CREDENTIAL_HEADER},
};
use booked_postgres::DatabaseSettings;
use booked_sandbox::{TestDatabase, test_database};
use booked_server::{Application, Lifecycle};
use booked_telemetry::Metrics;
use booked_user::{
    app::{self, Adapters},
    config::ServeArgs,
    outbound::postgres::MIGRATIONS,
};
use clap::Parser;
use reqwest::Body;
use serde_json::{Value, json};
use tempfile::TempDir;
use tokio::task::JoinHandle;

pub(crate) const CREDENTIAL: &str = "a-secret-of-the-tests-32-bytes-long";
pub(crate) const PASSWORD: &str = "correct horse battery staple";
const PATIENCE: Duration = Duration::from_secs(30);

/// A running service.
pub(crate) struct Service {
    pub(crate) database: TestDatabase,
    pub(crate) keys: TempDir,
    pub(crate) lifecycle: Lifecycle,
    pub(crate) served: JoinHandle<anyhow::Result<()>>,
    traffic: String,
    admin: String,
    client: reqwest::Client,
}

#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) retry_after: Option<String>,
    pub(crate) text: String,
}

#[derive(Parser)]
struct CommandLine {
    #[command(flatten)]
    serve: ServeArgs,
}

impl Service {
    /// A service that is ready, with cheap hashes.
    pub(crate) async fn start() -> Self {
        Self::start_with(&[], |adapters| adapters).await
    }

    /// A service that is ready, with these flags in addition to the usual ones and some adapters replaced.
    pub(crate) async fn start_with(
        flags: &[(&str, &str)],
        replace: impl FnOnce(Adapters) -> Adapters,
    ) -> Self {
        let service = Self::begin(migrated(), flags, replace).await;
        service.until_ready().await;
        service
    }

    /// A service that may never become ready.
    pub(crate) async fn begin(
        database: TestDatabase,
        flags: &[(&str, &str)],
        replace: impl FnOnce(Adapters) -> Adapters,
    ) -> Self {
        let keys = tempfile::tempdir().unwrap();
        SigningKeys::generate(keys.path(), "000001").unwrap();
        let lifecycle = Lifecycle::new();
        let config = command_line(&database.url(), keys.path(), flags).serve.check().unwrap();
        let application =
            app::bind_with(config, lifecycle.clone(), Metrics::default(), replace).await.unwrap();
        let bound = application.bound();
        Self {
            database,
            keys,
            lifecycle,
            served: tokio::spawn(Application::serve(application)),
            traffic: format!("http://{}", bound.traffic),
            admin: format!("http://{}", bound.admin),
            client: reqwest::Client::new(),
        }
    }

    pub(crate) async fn until_ready(&self) {
        eventually("the service is ready", async || self.lifecycle.is_ready()).await;
    }

    pub(crate) async fn post(&self, path: &str, body: impl Into<Body>) -> Answer {
        let request = self.client.post(format!("{}{path}", self.traffic));
        answer(request.header(CREDENTIAL_HEADER, CREDENTIAL).body(body)).await
    }

    pub(crate) async fn get(&self, path: &str) -> Answer {
        answer(self.client.get(format!("{}{path}", self.traffic)).header(CREDENTIAL_HEADER, CREDENTIAL)).await
    }

    /// The status of the health check at this path.
    pub(crate) async fn health(&self, path: &str) -> u16 {
        answer(self.client.get(format!("{}{path}", self.admin))).await.status
    }

    /// A request without the internal credential, as from outside the system.
    pub(crate) async fn as_a_stranger(&self, method: reqwest::Method, path: &str) -> Answer {
        answer(self.client.request(method, format!("{}{path}", self.traffic))).await
    }

    pub(crate) async fn register(&self, email: &str, password: &str) -> Answer {
        let body = json!({ "name": "Ada Lovelace", "email": email, "password": password });
        self.post("/user/register/", body.to_string()).await
    }

    pub(crate) async fn log_in(&self, email: &str, password: &str) -> Answer {
        self.post("/user/login/", json!({ "email": email, "password": password }).to_string()).await
    }

    /// The same, from a network as the gateway would name it.
    pub(crate) async fn log_in_from(&self, network: &str, email: &str, password: &str) -> Answer {
        let body = json!({ "email": email, "password": password }).to_string();
        let request = self.client.post(format!("{}/user/login/", self.traffic)).body(body);
        answer(request.header(CREDENTIAL_HEADER, CREDENTIAL).header(CLIENT_ADDRESS_HEADER, network)).await
    }

    /// The identity in a token, verified with the keys that the service publishes.
    pub(crate) async fn read_token(&self, answer: &Answer, now_unix_s: i64) -> Verified {
        let jwks: Jwks = serde_json::from_str(&self.get("/internal/jwks").await.text).unwrap();
        let token = answer.token();
        Verifier::new(&jwks).verify(&token, now_unix_s).unwrap()
    }

    /// The stored hash of the only account.
    pub(crate) fn stored_hash(&self) -> String {
        self.database.execute("SELECT password_hash FROM users")
    }
}

impl Drop for Service {
    fn drop(&mut self) {
        self.lifecycle.end();
    }
}

impl Answer {
    /// Status and code, such as `400 USER-02`; the status alone if there was no error.
    pub(crate) fn said(&self) -> String {
        let body: Value = serde_json::from_str(&self.text).unwrap_or_default();
        match body["category_code"].as_str() {
            Some(code) => format!("{} {code}", self.status),
            None => self.status.to_string(),
        }
    }

    pub(crate) fn token(&self) -> String {
        let body: Value = serde_json::from_str(&self.text).unwrap();
        body["token"].as_str().expect("the answer has no token").to_owned()
    }
}

async fn answer(request: reqwest::RequestBuilder) -> Answer {
    let response = request.timeout(PATIENCE).send().await.unwrap();
    let header = |name| response.headers().get(name)?.to_str().ok().map(str::to_owned);
    Answer {
        status: response.status().as_u16(),
        retry_after: header("retry-after"),
        text: response.text().await.unwrap(),
    }
}

/// A database with today's schema.
pub(crate) fn migrated() -> TestDatabase {
    test_database("user", |url| {
        let settings = DatabaseSettings::for_url(url).unwrap();
        let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().unwrap();
        runtime.block_on(booked_postgres::migrate(&settings, MIGRATIONS)).unwrap();
    })
}

fn command_line(database_url: &str, keys: &Path, flags: &[(&str, &str)]) -> CommandLine {
    let mut given = vec![
        ("--database-url", database_url),
        ("--signing-keys-dir", keys.to_str().unwrap()),
        ("--internal-credential", CREDENTIAL),
        ("--bcrypt-cost", "4"),
    ];
    for (flag, value) in flags {
        given.retain(|(name, _)| name != flag);
        given.push((flag, value));
    }
    let words = given.iter().flat_map(|(flag, value)| [*flag, *value]);
    CommandLine::try_parse_from(std::iter::once("test").chain(words)).unwrap()
}

/// Waits for a condition, and fails if it does not come true.
pub(crate) async fn eventually<F: Future<Output = bool>>(what: &str, condition: impl Fn() -> F) {
    let waited = tokio::time::timeout(PATIENCE, async {
        while !condition().await {
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    });
    waited.await.unwrap_or_else(|_| panic!("it never came true that {what}"));
}

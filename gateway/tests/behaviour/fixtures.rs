//! A gateway in front of fake services, tokens, and clients that behave well or badly.

mod breaking_service;
mod fake_service;
mod raw_client;
mod scripted_service;
mod tokens;

use std::{
    net::SocketAddr,
    sync::{Arc, LazyLock},
};

use actix_web::HttpResponse;
use booked_gateway::{
    config::{Config, ServeArgs},
    services::ServiceName,
};
use booked_server::{Bound, Lifecycle};
use booked_telemetry::{LogFormat, Metrics, Telemetry};
use clap::Parser;
use reqwest::{Client, RequestBuilder};
use serde_json::Value;

pub(crate) use self::{
    breaking_service::{BreakingService, Breaks},
    fake_service::{FakeService, SeenRequest},
    raw_client::RawClient,
    scripted_service::{ScriptedService, ask, call, read_request, unused_url},
    tokens::{OLD_KEY, OTHER_KEY, PublishedKeys, admin_token, expired_token, token_signed_by, user_token},
};

pub(crate) const CREDENTIAL: &str = "the-credential-of-these-tests-0123456789";

/// A route that only reads.
pub(crate) const READ: (&str, &str) = ("GET", "/event/");
/// A route that changes something.
pub(crate) const WRITE: (&str, &str) = ("POST", "/user/register/");

/// Tests send more than anybody at one address would: there are only the limits that they set.
const UNLIMITED: [&str; 4] =
    ["--address-rate-per-s", "--user-rate-per-s", "--address-concurrency-max", "--user-concurrency-max"];

#[derive(Parser)]
struct Flags {
    #[command(flatten)]
    serve: ServeArgs,
}

/// The flags, parsed as the command would parse them.
pub(crate) fn serve_args(flags: &[String]) -> ServeArgs {
    let program = "booked-gateway".to_owned();
    Flags::try_parse_from(std::iter::once(&program).chain(flags)).unwrap().serve
}

/// A gateway in front of one fake service that stands for all four and publishes keys.
pub(crate) struct Gateway {
    pub(crate) address: SocketAddr,
    /// Where it serves health and metrics.
    admin: SocketAddr,
    pub(crate) service: FakeService,
    pub(crate) keys: Arc<PublishedKeys>,
    client: Client,
    lifecycle: Lifecycle,
}

impl Gateway {
    /// The service answers everything with what it saw.
    pub(crate) async fn start() -> Self {
        Self::start_with(&[], SeenRequest::echo).await
    }

    pub(crate) async fn start_with(
        flags: &[&str],
        answer: impl Fn(&SeenRequest) -> HttpResponse + Send + Sync + 'static,
    ) -> Self {
        let keys = Arc::new(PublishedKeys::default());
        let service = FakeService::start(Arc::clone(&keys), answer).await;
        let gateway = Self::in_front_of(flags, service, keys).await;
        // They are fetched in the background; before that, tokens wait only a moment.
        until(|| async { gateway.keys.fetched() > 0 }).await;
        gateway
    }

    pub(crate) async fn in_front_of(flags: &[&str], service: FakeService, keys: Arc<PublishedKeys>) -> Self {
        let services = [service.url()];
        let (bound, lifecycle) = start_application(flags, &services).await;
        // Each test has its own, so that no connection is shared between tests.
        let client = Client::builder().no_proxy().build().unwrap();
        Self { address: bound.traffic, admin: bound.admin, service, keys, client, lifecycle }
    }

    pub(crate) fn request(&self, method: &str, path: &str) -> RequestBuilder {
        self.client.request(method.parse().unwrap(), format!("http://{}{path}", self.address))
    }

    pub(crate) async fn get(&self, path: &str) -> Answer {
        self.send(self.request("GET", path)).await
    }

    pub(crate) async fn send(&self, request: RequestBuilder) -> Answer {
        Answer::of(request.send().await.unwrap()).await
    }

    /// How many calls wait until the service can be given one more.
    pub(crate) async fn queued_calls(&self) -> usize {
        let (_, metrics) = ask(self.admin, "/metrics").await;
        let port = format!("server_port=\"{}\"", self.service.address().port());
        let of_service =
            |line: &&str| line.starts_with("booked_gateway_queued_calls") && line.contains(&port);
        let line = metrics.lines().find(of_service).unwrap();
        line.rsplit(' ').next().unwrap().parse().unwrap()
    }

    pub(crate) async fn raw(&self) -> RawClient {
        RawClient::connect(self.address).await
    }
}

impl Drop for Gateway {
    fn drop(&mut self) {
        self.lifecycle.end();
    }
}

/// A gateway in front of these replicas of a service that stands for all four; if there are none, nobody listens.
pub(crate) async fn start_in_front_of(flags: &[&str], services: &[String]) -> (SocketAddr, Lifecycle) {
    let (bound, lifecycle) = start_application(flags, services).await;
    (bound.traffic, lifecycle)
}

/// The same, with the address of health and metrics.
pub(crate) async fn start_application(flags: &[&str], services: &[String]) -> (Bound, Lifecycle) {
    let services = if services.is_empty() { &[unused_url().await] } else { services };
    let lifecycle = Lifecycle::new();
    let application = booked_gateway::bind(config(flags, services), lifecycle.clone(), metrics()).unwrap();
    let bound = application.bound();
    tokio::spawn(application.serve());
    (bound, lifecycle)
}

fn config(flags: &[&str], services: &[String]) -> Config {
    let services = services.join(",");
    let mut all = vec!["--internal-credential".to_owned(), CREDENTIAL.to_owned()];
    for service in ServiceName::ALL {
        all.extend([format!("--{}-url", service.as_str()), services.clone()]);
    }
    all.extend(["--http-workers".to_owned(), "1".to_owned()]);
    all.extend(flags.iter().map(|flag| (*flag).to_owned()));
    for limit in UNLIMITED.iter().filter(|limit| !flags.contains(limit)) {
        all.extend([(*limit).to_owned(), "0".to_owned()]);
    }
    serve_args(&all).check().unwrap()
}

/// Telemetry starts once per process, and all tests here are one process.
fn metrics() -> Metrics {
    static TELEMETRY: LazyLock<Telemetry> =
        LazyLock::new(|| Telemetry::start("gateway", LogFormat::Text).unwrap());
    TELEMETRY.metrics()
}

/// Polls until it is true, for a time that is long enough on a busy machine.
pub(crate) async fn until<F: Future<Output = bool>>(mut is_true: impl FnMut() -> F) {
    for _ in 0..500 {
        if is_true().await {
            return;
        }
        tokio::time::sleep(std::time::Duration::from_millis(20)).await;
    }
    panic!("it did not become true within 10 seconds");
}

/// A response, read to its end.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) headers: reqwest::header::HeaderMap,
    pub(crate) body: String,
}

impl Answer {
    pub(crate) async fn of(response: reqwest::Response) -> Self {
        let (status, headers) = (response.status().as_u16(), response.headers().clone());
        Self { status, headers, body: response.text().await.unwrap() }
    }

    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name)?.to_str().ok()
    }

    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap_or_else(|error| panic!("{error} in {self:?}"))
    }

    /// The error code; empty if the body is no error of the contract.
    pub(crate) fn code(&self) -> String {
        let body: Value = serde_json::from_str(&self.body).unwrap_or_default();
        body["category_code"].as_str().unwrap_or_default().to_owned()
    }

    /// Status and code, to be compared with those of the contract.
    pub(crate) fn outcome(&self) -> (u16, String) {
        (self.status, self.code())
    }
}

/// What [`Answer::outcome`] should be.
pub(crate) fn refused(status: u16, code: &str) -> (u16, String) {
    (status, code.to_owned())
}

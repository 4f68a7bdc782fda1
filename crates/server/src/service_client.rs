//! Calls to another service, any of whose replicas can answer.

use std::{
    fmt,
    sync::atomic::{AtomicUsize, Ordering},
    time::Duration,
};

use booked_failure::{Failure, display_chain};
use booked_identity::internal::{CREDENTIAL_HEADER, Credential, DEADLINE_HEADER};
use reqwest::{
    Client, Method, RequestBuilder, Response,
    header::{HeaderMap, HeaderName, HeaderValue},
    redirect::Policy,
};
use serde::de::DeserializeOwned;
use tokio::time::Instant;
use tracing::Instrument as _;

use crate::{Deadline, Endpoint, Endpoints, metrics::Sent};

/// Two of these must fit into the time that a client waits for an answer.
const CONNECT_TIMEOUT: Duration = Duration::from_millis(500);
/// Shorter than a service keeps an idle connection, so that no connection is used just as it is being closed.
const IDLE_TIMEOUT: Duration = Duration::from_secs(30);

/// When to try the next replica after one that did not answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Retry {
    /// If it could not be connected to, so that nothing was sent.
    IfNotSent,
    /// Also if the connection broke during the request, as it does when a replica ends: for calls that change
    /// nothing, whatever their method. If there is only one address it is tried once more, since several replicas may
    /// share it.
    IfLost,
}

/// Another service of the system.
pub struct ServiceClient {
    service: &'static str,
    client: Client,
    replicas: Endpoints,
    next: AtomicUsize,
    sent: Sent,
}

impl ServiceClient {
    /// Calls go to the replicas of this service in turn and carry the internal credential. Failures name the service.
    ///
    /// # Errors
    ///
    /// If the HTTP client cannot be built.
    pub fn new(service: &'static str, replicas: Endpoints, credential: &Credential) -> anyhow::Result<Self> {
        let mut secret = HeaderValue::from_str(credential.to_send())?;
        secret.set_sensitive(true);
        let client = Client::builder()
            .default_headers(HeaderMap::from_iter([(HeaderName::from_static(CREDENTIAL_HEADER), secret)]))
            .connect_timeout(CONNECT_TIMEOUT)
            .pool_idle_timeout(IDLE_TIMEOUT)
            // The credential goes only to the replicas that were given, never to an address that a response redirects
            // to.
            .redirect(Policy::none())
            .no_proxy()
            .build()?;
        let sent = Sent::new(replicas.as_slice());
        Ok(Self { service, client, replicas, next: AtomicUsize::new(0), sent })
    }

    /// Sends a request to one replica after the other, as `retry` allows, within a time limit, or within the time
    /// that the caller still waits if that is shorter. Await it on the runtime of the
    /// [`Lifecycle`](crate::Lifecycle): a connection lives on the runtime that opened it.
    ///
    /// # Errors
    ///
    /// Surely nothing was done if no replica could be connected to; otherwise the outcome is unknown, since the
    /// request may have been sent.
    pub async fn send(
        &self,
        retry: Retry,
        method: Method,
        path: &str,
        timeout: Duration,
        complete: impl Fn(RequestBuilder) -> RequestBuilder,
    ) -> Result<Response, Failure> {
        let replicas = self.replicas.as_slice().len();
        let (tries, may_ask_the_next): (_, fn(&reqwest::Error) -> bool) = match retry {
            Retry::IfNotSent => (replicas, reqwest::Error::is_connect),
            Retry::IfLost => (replicas.max(2), reqwest::Error::is_request),
        };
        let ends = Deadline::within(timeout);
        let attempts = async {
            let mut failure = self.not_done("no replica is known");
            for replica in self.in_turn(tries) {
                match complete(self.request(replica, &method, path, ends)?).send().await {
                    Ok(response) => return Ok(response),
                    Err(error) if may_ask_the_next(&error) => failure = self.failure(&error),
                    Err(error) => return Err(self.failure(&error)),
                }
            }
            Err(failure)
        };
        let span = booked_telemetry::call_span(method.as_str(), path);
        let began = Instant::now();
        let answer = tokio::time::timeout(ends.left(), attempts).instrument(span.clone()).await;
        let answer = answer.unwrap_or_else(|_| Err(Failure::unknown(self.service, "no answer in time")));
        if answer.is_err() {
            booked_telemetry::failed(&span);
        }
        self.sent.record(path, &answer, began.elapsed());
        answer
    }

    /// This many replicas one after the other; each call begins with a different one.
    fn in_turn(&self, count: usize) -> impl Iterator<Item = &Endpoint> {
        let replicas = self.replicas.as_slice();
        let first = self.next.fetch_add(1, Ordering::Relaxed).checked_rem(replicas.len()).unwrap_or_default();
        replicas.iter().cycle().skip(first).take(count)
    }

    /// The body of a successful response, read as JSON.
    ///
    /// # Errors
    ///
    /// The response is not a success, breaks off, or is not the expected JSON: it is unknown what the call did.
    pub async fn json<T: DeserializeOwned>(&self, response: Response) -> Result<T, Failure> {
        let json = async { response.error_for_status()?.json().await };
        json.await.map_err(|error| Failure::unknown(self.service, display_chain(&error)))
    }

    /// The name of the service, as failures give it.
    #[must_use]
    pub fn service(&self) -> &'static str {
        self.service
    }

    fn not_done(&self, cause: impl fmt::Display) -> Failure {
        Failure::not_done(self.service, cause)
    }

    /// With its causes, since reqwest's own text names only the outermost.
    fn failure(&self, error: &reqwest::Error) -> Failure {
        let text = display_chain(error);
        if error.is_connect() { self.not_done(text) } else { Failure::unknown(self.service, text) }
    }

    fn request(
        &self,
        replica: &Endpoint,
        method: &Method,
        path: &str,
        ends: Deadline,
    ) -> Result<RequestBuilder, Failure> {
        let url = replica.url().join(path).map_err(|error| self.not_done(error))?;
        let request = self.client.request(method.clone(), url);
        let mut request = request.header(DEADLINE_HEADER, ends.to_header());
        for (name, value) in booked_telemetry::trace_headers() {
            request = request.header(name, value);
        }
        Ok(request)
    }
}

impl fmt::Debug for ServiceClient {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ServiceClient").field("replicas", &self.replicas).finish_non_exhaustive()
    }
}

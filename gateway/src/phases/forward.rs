//! Phase 10, forward: the service is called on the caller's behalf, and its response is relayed.
//!
//! Nothing of the client's head reaches the service except path, query, trace and idempotency key: what a service trusts is
//! written by the gateway alone. Nothing of the service's head reaches the client except what clients need.
//!
//! Reads that are the same for everybody are shared by the clients that ask at the same moment: a crowd that reads one page
//! costs the services no more than a few clients do. No client is given what was read before it asked.

use std::{net::IpAddr, rc::Rc, sync::Arc, time::Duration};

use actix_http::Request;
use actix_web::{
    HttpMessage as _, HttpResponse, HttpResponseBuilder,
    http::{
        Method, StatusCode, Uri,
        header::{self, HeaderName, HeaderValue},
    },
    web::Bytes,
};
use booked_contract::{Code, ErrorBody, IDEMPOTENCY_KEY_HEADER, IDEMPOTENCY_REPLAYED_HEADER};
use booked_failure::Failure;
use booked_identity::internal::{CLIENT_ADDRESS_HEADER, identity_headers};
use booked_server::{FlightError, LocalSingleFlight, REQUEST_ID_HEADER};
use tokio::time::{Instant, timeout_at};
use tracing::{Instrument as _, Span};

use super::{identity::Caller, request_id::RequestId};
use crate::{
    rejection::Rejection,
    routes::{self, Access, Retry, Route, RouteMatch},
    services::ServiceName,
    upstream::{Call, CallError, ResponseBody, Upstream, UpstreamResponse},
};

/// Different reads that are shared at once; further ones are made for their client alone.
const SHARED_READS_MAX: usize = 1_024;
/// A read that takes longer no longer delays the next one of the same target.
const SHARED_READ_WAIT_MAX: Duration = Duration::from_millis(100);

const TRACE_HEADERS: [&str; 2] = ["traceparent", "tracestate"];
const RELAYED_HEADERS: [HeaderName; 6] = [
    header::CONTENT_TYPE,
    header::LOCATION,
    header::RETRY_AFTER,
    header::CACHE_CONTROL,
    header::ETAG,
    HeaderName::from_static(IDEMPOTENCY_REPLAYED_HEADER),
];

/// A request that passed all earlier phases.
pub(crate) struct Forward<'r> {
    pub(crate) request: &'r Request,
    pub(crate) route_match: &'r RouteMatch<'r>,
    pub(crate) service: ServiceName,
    pub(crate) caller: Option<&'r Caller>,
    /// The client's address, for a service that shares its time by address.
    pub(crate) client: Option<IpAddr>,
    pub(crate) idempotency_key: Option<&'r HeaderValue>,
    pub(crate) credential: &'r HeaderValue,
    pub(crate) id: &'r RequestId,
    pub(crate) body: Bytes,
}

/// The reads that clients share, whichever worker serves them. A read uses the connections of the worker that makes it: if
/// those are all in use, all clients that share it wait.
pub(crate) struct SharedReads(LocalSingleFlight<Uri, Exchange, Result<Arc<UpstreamResponse>, CallError>>);

impl SharedReads {
    pub(crate) fn new() -> Self {
        Self(LocalSingleFlight::new("reads", SHARED_READS_MAX, SHARED_READ_WAIT_MAX))
    }

    async fn send(
        &self,
        upstream: &Rc<Upstream>,
        forward: &Forward<'_>,
        target: Uri,
    ) -> Result<UpstreamResponse, CallError> {
        let deadline = Instant::now() + upstream.timeout(forward.route_match.route.timeout);
        let exchange = || Exchange::new(forward, target.clone());
        let called = Rc::clone(upstream);
        let read = move |exchange: Exchange| {
            let upstream = Rc::clone(&called);
            async move { exchange.send(&upstream).await.map(Arc::new) }
        };
        // However long an earlier read takes: a client waits no longer than for one of its own.
        let reading = timeout_at(deadline, self.0.get(target.clone(), exchange, read));
        let shared = match reading.await.map_err(|_| CallError::TimedOut)? {
            Ok(response) => response?.share(),
            Err(FlightError::Busy | FlightError::Interrupted) => None,
        };
        match shared {
            Some(response) => Ok(response),
            // With a call of its own, in the time that is left.
            None => timeout_at(deadline, Exchange::new(forward, target).send(upstream))
                .await
                .unwrap_or(Err(CallError::TimedOut)),
        }
    }
}

/// Calls the service, or shares the response to an equal read.
pub(crate) async fn send(
    upstream: &Rc<Upstream>,
    reads: &SharedReads,
    forward: Forward<'_>,
) -> Result<HttpResponse, Rejection> {
    let (route, service) = (forward.route_match.route, forward.service);
    let target = target(forward.route_match, forward.request.uri().query())?;
    let response = if is_shareable(route) {
        reads.send(upstream, &forward, target).await
    } else {
        Exchange::new(&forward, target).send(upstream).await
    };
    match response {
        Ok(response) => relay(response, service, route.retry),
        Err(CallError::Overloaded(cause)) => Err(Rejection::Overloaded(cause)),
        Err(error) => Err(failed(error.into_failure(service), route.retry)),
    }
}

/// Whether clients may share the response: it is the same for everyone, since the service does not learn who asks, and
/// the request changes nothing.
fn is_shareable(route: &Route) -> bool {
    matches!((route.access, route.retry), (Access::Anyone, Retry::Once))
}

/// A call that borrows nothing from its client's request, since other clients may wait for the response.
struct Exchange {
    route: &'static Route,
    call: Call,
    retry: Retry,
    span: Span,
}

impl Exchange {
    fn new(forward: &Forward<'_>, target: Uri) -> Self {
        let route = forward.route_match.route;
        let method = method(route.method);
        let span = booked_telemetry::call_span(method.as_str(), target.path());
        let mut call = Call::new(&method, &target, forward.credential, forward.body.clone(), route.priority);
        // The service's part of the trace begins below this call.
        span.in_scope(|| put_headers(&mut call, forward));
        let retry = route.retry.for_request(forward.idempotency_key.is_some());
        Self { route, call, retry, span }
    }

    async fn send(self, upstream: &Upstream) -> Result<UpstreamResponse, CallError> {
        let Self { route, call, retry, span } = self;
        let response = upstream.send(&call, retry, route.timeout).instrument(span.clone()).await;
        if response.is_err() {
            booked_telemetry::failed(&span);
        }
        response
    }
}

/// Why there is no response. A call that only reads has changed nothing even if its outcome is unknown, so the client
/// may try again.
fn failed(failure: Failure, retry: Retry) -> Rejection {
    Rejection::Failed(match retry {
        Retry::Once => failure.harmless(),
        Retry::Never | Retry::WithKey => failure,
    })
}

/// A HEAD is sent as the GET that it stands for; the server leaves the body out.
fn method(method: routes::Method) -> Method {
    match method {
        routes::Method::Get => Method::GET,
        routes::Method::Post => Method::POST,
        routes::Method::Delete => Method::DELETE,
    }
}

fn target(route_match: &RouteMatch<'_>, query: Option<&str>) -> Result<Uri, Rejection> {
    let target = match query {
        Some(query) => format!("{}?{query}", route_match.path),
        None => route_match.path.clone().into_owned(),
    };
    target.try_into().map_err(|_| Rejection::TargetMalformed)
}

fn put_headers(call: &mut Call, forward: &Forward<'_>) {
    call.put(REQUEST_ID_HEADER, forward.id.as_str().as_bytes());
    if let Some(client) = forward.client {
        call.put(CLIENT_ADDRESS_HEADER, client.to_string().as_bytes());
    }
    if let Some(key) = forward.idempotency_key {
        call.put(IDEMPOTENCY_KEY_HEADER, key.as_bytes());
    }
    if let Some(caller) = forward.caller {
        for (name, value) in identity_headers(caller.identity()) {
            call.put(name, value.as_bytes());
        }
    }
    let own_trace = booked_telemetry::trace_headers();
    for name in TRACE_HEADERS {
        let own = own_trace.iter().find(|(own, _)| name == own).map(|(_, value)| value.as_bytes());
        let clients = || forward.request.headers().get(name).map(HeaderValue::as_bytes);
        if let Some(value) = own.or_else(clients) {
            call.put(name, value);
        }
    }
}

/// Relays a service's response, unless it is one that no client may see.
fn relay(response: UpstreamResponse, service: ServiceName, retry: Retry) -> Result<HttpResponse, Rejection> {
    if !response.status.is_success() {
        let checked = check_error(&response, service, retry);
        if response.follows_lost_write && (checked.is_err() || is_about_one_try(response.status)) {
            let cause =
                format!("a response was lost, and the same request was answered {} then", response.status);
            return Err(Rejection::Failed(Failure::unknown(service.as_str(), cause)));
        }
        checked?;
    }
    let mut relayed = HttpResponseBuilder::new(response.status);
    for name in RELAYED_HEADERS {
        if let Some(value) = response.headers.get(&name) {
            relayed.insert_header((name, value.clone()));
        }
    }
    Ok(match response.body {
        ResponseBody::Buffered(body) => relayed.body(body),
        ResponseBody::Streamed(body) => relayed.streaming(body.into_stream()),
    })
}

/// An error reaches the client only in the contract's shape. Other shapes, and what a service says only to a caller that calls
/// it wrongly, come from something in between: a proxy, another version, another credential.
fn check_error(response: &UpstreamResponse, service: ServiceName, retry: Retry) -> Result<(), Rejection> {
    let status = response.status;
    let body = match &response.body {
        ResponseBody::Buffered(body) if status.is_client_error() || status.is_server_error() => {
            serde_json::from_slice::<ErrorBody>(body).ok()
        }
        ResponseBody::Buffered(_) | ResponseBody::Streamed(_) => None,
    };
    match body {
        Some(body) if is_about_the_call(&body.category_code) => {
            let cause = format!("it does not accept our call: {}", body.category_code);
            Err(Rejection::Failed(Failure::not_done(service.as_str(), cause)))
        }
        Some(_) => Ok(()),
        None if matches!(
            status,
            StatusCode::BAD_GATEWAY | StatusCode::SERVICE_UNAVAILABLE | StatusCode::GATEWAY_TIMEOUT
        ) =>
        {
            let cause = format!("something in between responded {status}");
            Err(failed(Failure::unknown(service.as_str(), cause), retry))
        }
        None => Err(Rejection::BadUpstreamResponse(format!("{status} without an error of the contract"))),
    }
}

/// Services keep no such answer for an idempotency key: it tells what became of the second try, and nothing of the first, which
/// may have been done.
fn is_about_one_try(status: StatusCode) -> bool {
    status.is_server_error() || matches!(status, StatusCode::UNAUTHORIZED | StatusCode::TOO_MANY_REQUESTS)
}

/// The gateway has checked token, route and method; a service that objects to them did nothing.
fn is_about_the_call(code: &str) -> bool {
    [Code::TokenInvalid, Code::NoSuchRoute, Code::MethodNotAllowed].iter().any(|own| own.as_str() == code)
}

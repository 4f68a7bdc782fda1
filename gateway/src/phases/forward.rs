//! Phase 9, forward: the service is asked on the caller's behalf, and what it says is handed on.
//!
//! Nothing of the client's head goes to the service but path, query and trace: what a service believes is written by
//! the gateway alone. Nothing of the service's head goes to the client but what clients need.
//!
//! Reads that are the same for everybody are shared by those who ask at the same moment: a crowd that looks at one page
//! costs the services no more than a few do. Nobody is given what was read before he asked.

use std::{net::IpAddr, rc::Rc, sync::Arc, time::Duration};

use actix_http::Request;
use actix_web::{
    HttpMessage as _, HttpResponse, HttpResponseBuilder, http::header as client_header, web::Bytes,
};
use booked_contract::{Code, ErrorBody};
use booked_identity::internal::{CLIENT_ADDRESS_HEADER, CREDENTIAL_HEADER, identity_headers};
use booked_server::{FlightError, LocalSingleFlight, REQUEST_ID_HEADER};
use http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, Uri, header, header::InvalidHeaderValue};
use tokio::time::{Instant, timeout_at};
use tracing::{Instrument as _, Span};

use super::{identity::Caller, request_id::RequestId};
use crate::{
    refusal::Refusal,
    routes::{self, Found, Retry, Route, Who},
    upstream::{Call, CallError, ResponseBody, Upstream, UpstreamResponse},
};

/// Different reads that are shared at a time; one more is made for its caller alone.
const SHARED_READS_MAX: usize = 1_024;
/// A read that takes longer no longer keeps back those who ask for the same.
const SHARED_READ_PATIENCE: Duration = Duration::from_millis(100);

const CREDENTIAL: HeaderName = HeaderName::from_static(CREDENTIAL_HEADER);
const CLIENT_ADDRESS: HeaderName = HeaderName::from_static(CLIENT_ADDRESS_HEADER);
const REQUEST_ID: HeaderName = HeaderName::from_static(REQUEST_ID_HEADER);
const TRACE_HEADERS: [HeaderName; 2] =
    [HeaderName::from_static("traceparent"), HeaderName::from_static("tracestate")];
const HANDED_ON: [HeaderName; 4] =
    [header::CONTENT_TYPE, header::LOCATION, header::RETRY_AFTER, header::CACHE_CONTROL];

/// A request that passed all phases before.
pub(crate) struct Forward<'r> {
    pub(crate) request: &'r Request,
    pub(crate) found: &'r Found<'r>,
    pub(crate) caller: Option<&'r Caller>,
    /// Where the client is, for a service that shares its time out by address.
    pub(crate) client: Option<IpAddr>,
    pub(crate) credential: &'r HeaderValue,
    pub(crate) id: &'r RequestId,
    pub(crate) body: Bytes,
}

/// The reads that callers share, whichever worker serves them. They go over the connections of the worker that is at it:
/// where those are all in use, those who share wait with it.
pub(crate) struct SharedReads(LocalSingleFlight<Uri, Question, Result<Arc<UpstreamResponse>, CallError>>);

impl SharedReads {
    pub(crate) fn new() -> Self {
        Self(LocalSingleFlight::new("reads", SHARED_READS_MAX, SHARED_READ_PATIENCE))
    }

    async fn send(
        &self,
        upstream: &Rc<Upstream>,
        forward: &Forward<'_>,
        target: Uri,
    ) -> Result<UpstreamResponse, CallError> {
        let deadline = Instant::now() + upstream.timeout(forward.found.route.timeout);
        let question = || Question::of(forward, target.clone());
        let asked = Rc::clone(upstream);
        let read = move |question: Question| {
            let upstream = Rc::clone(&asked);
            async move { question.ask(&upstream).await.map(Arc::new) }
        };
        // However long the read before takes: a client waits no longer than for one of its own.
        let reading = timeout_at(deadline, self.0.get(target.clone(), question, read));
        let shared = match reading.await.map_err(|_| CallError::TimedOut)? {
            Ok(answer) => answer?.share(),
            Err(FlightError::Busy | FlightError::Interrupted) => None,
        };
        match shared {
            Some(answer) => Ok(answer),
            // By itself, in the time that is left.
            None => timeout_at(deadline, Question::of(forward, target).ask(upstream))
                .await
                .unwrap_or(Err(CallError::TimedOut)),
        }
    }
}

/// Asks the service, or shares what an equal read is told.
pub(crate) async fn send(
    upstream: &Rc<Upstream>,
    reads: &SharedReads,
    forward: Forward<'_>,
) -> Result<HttpResponse, Refusal> {
    let route = forward.found.route;
    let target = target(forward.found, forward.request.uri().query())?;
    let answer = if is_same_for_all(route) {
        reads.send(upstream, &forward, target).await
    } else {
        Question::of(&forward, target).ask(upstream).await
    };
    match answer {
        Ok(answer) => hand_on(answer, route.retry),
        Err(CallError::Overloaded(cause)) => Err(Refusal::Busy { cause }),
        Err(failure @ (CallError::NotSent(_) | CallError::ConnectTimedOut)) => {
            Err(Refusal::Unavailable { cause: failure.to_string() })
        }
        Err(failure @ (CallError::Lost(_) | CallError::TimedOut)) => {
            Err(lost(failure.to_string(), route.retry))
        }
    }
}

/// Who asks is not told to the service, and nothing is changed.
fn is_same_for_all(route: &Route) -> bool {
    matches!((route.who, route.retry), (Who::Anyone, Retry::Once))
}

/// What a service is asked, with nothing of the caller's borrowed, since others may wait for the answer.
struct Question {
    route: &'static Route,
    call: Call,
    span: Span,
}

impl Question {
    fn of(forward: &Forward<'_>, target: Uri) -> Self {
        let route = forward.found.route;
        let method = method(route.method);
        let span = booked_telemetry::call_span(method.as_str(), target.path());
        // The service's part of the trace begins below this call.
        let headers = span.in_scope(|| headers(forward));
        let (body, priority) = (forward.body.clone(), route.priority);
        Self { route, call: Call { method, target, headers, body, priority }, span }
    }

    async fn ask(self, upstream: &Upstream) -> Result<UpstreamResponse, CallError> {
        let Self { route, call, span } = self;
        let answer = upstream.send(&call, route.retry, route.timeout).instrument(span.clone()).await;
        if answer.is_err() {
            booked_telemetry::failed(&span);
        }
        answer
    }
}

/// What only reads did nothing, wherever it got lost.
fn lost(cause: String, retry: Retry) -> Refusal {
    match retry {
        Retry::Once => Refusal::Unavailable { cause },
        Retry::Never => Refusal::OutcomeUnknown { cause },
    }
}

/// A HEAD is sent as the GET that it asks about; the server leaves the body out.
fn method(method: routes::Method) -> Method {
    match method {
        routes::Method::Get => Method::GET,
        routes::Method::Post => Method::POST,
        routes::Method::Delete => Method::DELETE,
    }
}

fn target(found: &Found<'_>, query: Option<&str>) -> Result<Uri, Refusal> {
    let target = match query {
        Some(query) => format!("{}?{query}", found.path),
        None => found.path.clone().into_owned(),
    };
    target.try_into().map_err(|_| Refusal::TargetMalformed)
}

fn headers(forward: &Forward<'_>) -> HeaderMap {
    let mut headers = HeaderMap::with_capacity(8);
    let mut put = |name: HeaderName, value: Result<HeaderValue, InvalidHeaderValue>| {
        if let Ok(value) = value {
            headers.insert(name, value);
        }
    };
    put(CREDENTIAL, Ok(forward.credential.clone()));
    put(REQUEST_ID, HeaderValue::from_str(forward.id.as_str()));
    if let Some(client) = forward.client {
        put(CLIENT_ADDRESS, HeaderValue::try_from(client.to_string()));
    }
    if let Some(caller) = forward.caller {
        for (name, value) in identity_headers(caller.identity()) {
            put(HeaderName::from_static(name), HeaderValue::try_from(value));
        }
    }
    let own_trace = booked_telemetry::trace_headers();
    for name in TRACE_HEADERS {
        let own = own_trace.iter().find(|(own, _)| name == own.as_str()).map(|(_, value)| value.as_bytes());
        let clients =
            || forward.request.headers().get(name.as_str()).map(client_header::HeaderValue::as_bytes);
        if let Some(value) = own.or_else(clients) {
            put(name, HeaderValue::from_bytes(value));
        }
    }
    headers
}

/// Hands a service's answer on, unless it is none that a client may see.
fn hand_on(answer: UpstreamResponse, retry: Retry) -> Result<HttpResponse, Refusal> {
    if !answer.status.is_success() {
        check_error(&answer, retry)?;
    }
    let mut response = HttpResponseBuilder::new(
        actix_web::http::StatusCode::from_u16(answer.status.as_u16())
            .map_err(|error| Refusal::Nonsense { cause: error.to_string() })?,
    );
    for name in &HANDED_ON {
        if let Some(value) = answer.headers.get(name) {
            response.insert_header((name.as_str(), value.as_bytes()));
        }
    }
    Ok(match answer.body {
        ResponseBody::Buffered(body) => response.body(body),
        ResponseBody::Streamed(body) => response.streaming(body.into_stream()),
    })
}

/// An error goes to the client only in the contract's shape. Other shapes, and what a service says only to one who calls
/// it wrongly, come from the way between: a proxy, another version, another credential.
fn check_error(answer: &UpstreamResponse, retry: Retry) -> Result<(), Refusal> {
    let status = answer.status;
    let body = match &answer.body {
        ResponseBody::Buffered(body) if status.is_client_error() || status.is_server_error() => {
            serde_json::from_slice::<ErrorBody>(body).ok()
        }
        ResponseBody::Buffered(_) | ResponseBody::Streamed(_) => None,
    };
    match body {
        Some(body) if is_about_the_call(&body.category_code) => Err(Refusal::Unavailable {
            cause: format!("the service does not serve us: {}", body.category_code),
        }),
        Some(_) => Ok(()),
        None if matches!(
            status,
            StatusCode::BAD_GATEWAY | StatusCode::SERVICE_UNAVAILABLE | StatusCode::GATEWAY_TIMEOUT
        ) =>
        {
            Err(lost(format!("something on the way answered {status}"), retry))
        }
        None => Err(Refusal::Nonsense { cause: format!("{status} without an error of the contract") }),
    }
}

/// Token, route and method were checked here; a service that objects to them did nothing.
fn is_about_the_call(code: &str) -> bool {
    [Code::TokenInvalid, Code::NoSuchRoute, Code::MethodNotAllowed].iter().any(|own| own.as_str() == code)
}

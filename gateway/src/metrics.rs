//! What the gateway measures: how long each request takes, by route, method and status, and how long each service does.

use std::time::{Duration, Instant};

use actix_web::http::{Method, StatusCode};
use booked_server::Endpoint;
use booked_telemetry::durations;
use opentelemetry::{
    KeyValue, global,
    metrics::{Counter, Histogram},
};

use crate::{
    routes::Route,
    upstream::{Answer, Failure},
};

/// Clients make up methods and paths; figures by each of them would grow without bound.
const OTHER: &str = "_OTHER";

#[derive(Clone)]
pub(crate) struct RequestMetrics {
    duration_s: Histogram<f64>,
}

impl RequestMetrics {
    pub(crate) fn new() -> Self {
        let description = "Time from a request's head to its answer";
        Self { duration_s: durations("booked-gateway", "http.server.request.duration", description) }
    }

    pub(crate) fn record(&self, began: Instant, route: Option<&Route>, method: &Method, status: StatusCode) {
        let method = match *method {
            Method::GET => "GET",
            Method::HEAD => "HEAD",
            Method::POST => "POST",
            Method::DELETE => "DELETE",
            _ => OTHER,
        };
        let attributes = [
            KeyValue::new("http.route", route.map_or(OTHER, |route| route.path)),
            KeyValue::new("http.request.method", method),
            KeyValue::new("http.response.status_code", i64::from(status.as_u16())),
        ];
        self.duration_s.record(began.elapsed().as_secs_f64(), &attributes);
    }
}

/// The limit because of which a client was refused or cut off.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Reason {
    IdleInACrowd,
    AddressConnections,
    AddressRate,
    AddressConcurrency,
    UserRate,
    UserConcurrency,
    SlowHead,
    SlowBody,
    BodySize,
    BodyBytes,
}

impl Reason {
    const ALL: [Self; 10] = [
        Self::IdleInACrowd,
        Self::AddressConnections,
        Self::AddressRate,
        Self::AddressConcurrency,
        Self::UserRate,
        Self::UserConcurrency,
        Self::SlowHead,
        Self::SlowBody,
        Self::BodySize,
        Self::BodyBytes,
    ];

    fn as_str(self) -> &'static str {
        match self {
            Self::IdleInACrowd => "idle_in_a_crowd",
            Self::AddressConnections => "address_connections",
            Self::AddressRate => "address_rate",
            Self::AddressConcurrency => "address_concurrency",
            Self::UserRate => "user_rate",
            Self::UserConcurrency => "user_concurrency",
            Self::SlowHead => "slow_head",
            Self::SlowBody => "slow_body",
            Self::BodySize => "body_size",
            Self::BodyBytes => "body_bytes",
        }
    }
}

/// How many clients met a limit.
#[derive(Clone)]
pub(crate) struct RefusalMetrics(Counter<u64>);

impl RefusalMetrics {
    pub(crate) fn new() -> Self {
        let meter = global::meter("booked-gateway");
        let counter = meter.u64_counter("booked_gateway_refused").with_description(
            "Requests and connections that were refused or cut off because of a limit, by which one",
        );
        let this = Self(counter.build());
        // What was never counted would not be exported, and its first count would be no rise.
        for reason in Reason::ALL {
            this.0.add(0, &[KeyValue::new("reason", reason.as_str())]);
        }
        this
    }

    pub(crate) fn count(&self, reason: Reason) {
        self.0.add(1, &[KeyValue::new("reason", reason.as_str())]);
    }
}

/// How long a service takes to answer, and what came of it.
#[derive(Clone)]
pub(crate) struct UpstreamMetrics {
    duration_s: Histogram<f64>,
    /// The first of the service's replicas stands for all.
    service: [KeyValue; 2],
}

impl UpstreamMetrics {
    pub(crate) fn new(endpoints: &[Endpoint]) -> Self {
        let description =
            "Time from a request to a service to its answer, the wait for a connection included";
        let (address, port) = endpoints.first().map_or(("", 0), |first| (first.host(), first.port()));
        Self {
            duration_s: durations("booked-gateway", "http.client.request.duration", description),
            service: [
                KeyValue::new("server.address", address.to_owned()),
                KeyValue::new("server.port", i64::from(port)),
            ],
        }
    }

    pub(crate) fn record(&self, answer: &Result<Answer, Failure>, took: Duration) {
        let outcome = match answer {
            Ok(answer) => KeyValue::new("http.response.status_code", i64::from(answer.status.as_u16())),
            Err(Failure::NotSent(_) | Failure::NotConnected) => KeyValue::new("error.type", "not_sent"),
            Err(Failure::Busy(_)) => KeyValue::new("error.type", "busy"),
            Err(Failure::Lost(_)) => KeyValue::new("error.type", "lost"),
            Err(Failure::TimedOut) => KeyValue::new("error.type", "timeout"),
        };
        let [address, port] = self.service.clone();
        self.duration_s.record(took.as_secs_f64(), &[address, port, outcome]);
    }
}

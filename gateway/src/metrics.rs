//! What is measured of requests: how long each takes, by route, method and status, and how many exceed a limit.

use std::time::Instant;

use actix_web::http::{Method, StatusCode};
use booked_telemetry::durations;
use opentelemetry::{
    KeyValue, global,
    metrics::{Counter, Histogram},
};

use crate::routes::Route;

/// The scope of everything that the gateway measures.
pub(crate) const SCOPE: &str = "booked-gateway";
/// Clients make up methods and paths; time series for each of them would grow without bound.
const OTHER: &str = "_OTHER";

#[derive(Clone)]
pub(crate) struct RequestMetrics {
    duration_s: Histogram<f64>,
}

impl RequestMetrics {
    pub(crate) fn new() -> Self {
        let description = "Time from a request's head to its response";
        Self { duration_s: durations(SCOPE, "http.server.request.duration", description) }
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

/// The limit because of which a client was rejected or cut off.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum LimitKind {
    IdleEviction,
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

impl LimitKind {
    const ALL: [Self; 10] = [
        Self::IdleEviction,
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
            Self::IdleEviction => "idle_eviction",
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

/// How many clients exceeded a limit.
#[derive(Clone)]
pub(crate) struct RejectionMetrics(Counter<u64>);

impl RejectionMetrics {
    pub(crate) fn new() -> Self {
        let meter = global::meter(SCOPE);
        let counter = meter
            .u64_counter("booked_gateway_refused")
            .with_description("Requests rejected and connections closed because of a limit, by limit");
        let this = Self(counter.build());
        // A series that was never counted would not be exported, and its first count would not be seen as a rise.
        for limit in LimitKind::ALL {
            this.0.add(0, &[KeyValue::new("reason", limit.as_str())]);
        }
        this
    }

    pub(crate) fn count(&self, limit: LimitKind) {
        self.0.add(1, &[KeyValue::new("reason", limit.as_str())]);
    }
}

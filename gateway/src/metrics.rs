//! What the gateway measures: how long each request takes, by route, method and status.

use std::time::Instant;

use actix_web::http::{Method, StatusCode};
use opentelemetry::{KeyValue, global, metrics::Histogram};

use crate::routes::Route;

/// In seconds; from what a held seat costs to what a client waits at most.
const BOUNDARIES_S: [f64; 12] = [0.0005, 0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5];
/// Clients make up methods and paths; figures by each of them would grow without bound.
const OTHER: &str = "_OTHER";

#[derive(Clone)]
pub(crate) struct RequestMetrics {
    duration_s: Histogram<f64>,
}

impl RequestMetrics {
    pub(crate) fn new() -> Self {
        let duration_s = global::meter("booked-gateway")
            .f64_histogram("http.server.request.duration")
            .with_description("Time from a request's head to its answer")
            .with_unit("s")
            .with_boundaries(BOUNDARIES_S.to_vec())
            .build();
        Self { duration_s }
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

//! What a service behind the gateway measures of the requests that it serves, and of those that it sends to others.

use std::time::Duration;

use actix_web::{dev::ServiceResponse, http::Method};
use booked_failure::Failure;
use booked_telemetry::durations;
use opentelemetry::{KeyValue, metrics::Histogram};
use reqwest::Response;

use crate::Endpoint;

/// Anyone who can reach the port can make up methods and paths; metrics for each of them would grow without bound.
const OTHER: &str = "_OTHER";

/// Requests that were served: how long each took, by route, method and status.
#[derive(Clone)]
pub(crate) struct Served(Histogram<f64>);

impl Served {
    pub(crate) fn new() -> Self {
        let description = "Time from a request's head to its answer";
        Self(durations("booked-server", "http.server.request.duration", description))
    }

    pub(crate) fn record(&self, response: &ServiceResponse<impl Sized>, took: Duration) {
        let request = response.request();
        let route = request.match_pattern().unwrap_or_else(|| OTHER.to_owned());
        let attributes = [
            KeyValue::new("http.route", route),
            KeyValue::new("http.request.method", method(request.method())),
            KeyValue::new("http.response.status_code", i64::from(response.status().as_u16())),
        ];
        self.0.record(took.as_secs_f64(), &attributes);
    }
}

/// The methods that routes have, and one name for all others.
fn method(of: &Method) -> &'static str {
    match *of {
        Method::GET => "GET",
        Method::POST => "POST",
        Method::DELETE => "DELETE",
        _ => OTHER,
    }
}

/// Requests that were sent to another service: how long each took, and how it ended.
pub(crate) struct Sent {
    duration: Histogram<f64>,
    /// The first of the service's replicas stands for all of them.
    service: [KeyValue; 2],
}

impl Sent {
    pub(crate) fn new(replicas: &[Endpoint]) -> Self {
        let description = "Time from a request to another service to the head of its answer";
        let first = replicas.first();
        let address = first.map_or(OTHER, Endpoint::host).to_owned();
        let port = first.map_or(0, |first| i64::from(first.port()));
        Self {
            duration: durations("booked-server", "http.client.request.duration", description),
            service: [KeyValue::new("server.address", address), KeyValue::new("server.port", port)],
        }
    }

    /// `path` is one of a few: the paths by which the services call each other vary only in their query.
    pub(crate) fn record(&self, path: &str, answer: &Result<Response, Failure>, took: Duration) {
        let path = path.split('?').next().unwrap_or_default().to_owned();
        let outcome = match answer {
            Ok(response) => KeyValue::new("http.response.status_code", i64::from(response.status().as_u16())),
            Err(_) => KeyValue::new("error.type", "no_answer"),
        };
        let [address, port] = self.service.clone();
        let attributes = [address, port, KeyValue::new("url.template", path), outcome];
        self.duration.record(took.as_secs_f64(), &attributes);
    }
}

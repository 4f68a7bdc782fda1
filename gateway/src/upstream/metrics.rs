//! What is measured of calls to a service: how long each took, and how it ended.

use std::time::Duration;

use booked_server::Endpoint;
use booked_telemetry::durations;
use opentelemetry::{KeyValue, metrics::Histogram};

use super::{error::CallError, response::UpstreamResponse};
use crate::metrics::SCOPE;

#[derive(Clone)]
pub(super) struct UpstreamMetrics {
    duration_s: Histogram<f64>,
    /// The service's first replica stands for all of them.
    service: [KeyValue; 2],
}

impl UpstreamMetrics {
    pub(super) fn new(endpoints: &[Endpoint]) -> Self {
        let description =
            "Time from a request to a service to its response, including the wait for a connection";
        let (address, port) = endpoints.first().map_or(("", 0), |first| (first.host(), first.port()));
        Self {
            duration_s: durations(SCOPE, "http.client.request.duration", description),
            service: [
                KeyValue::new("server.address", address.to_owned()),
                KeyValue::new("server.port", i64::from(port)),
            ],
        }
    }

    pub(super) fn record(&self, response: &Result<UpstreamResponse, CallError>, took: Duration) {
        let outcome = match response {
            Ok(response) => KeyValue::new("http.response.status_code", i64::from(response.status.as_u16())),
            Err(CallError::NotSent(_) | CallError::ConnectTimedOut) => {
                KeyValue::new("error.type", "not_sent")
            }
            Err(CallError::Overloaded(_)) => KeyValue::new("error.type", "overloaded"),
            Err(CallError::Lost(_)) => KeyValue::new("error.type", "lost"),
            Err(CallError::TimedOut) => KeyValue::new("error.type", "timeout"),
        };
        let [address, port] = self.service.clone();
        self.duration_s.record(took.as_secs_f64(), &[address, port, outcome]);
    }
}

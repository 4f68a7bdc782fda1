//! How long Valkey takes for each script and command, by the names of OpenTelemetry's semantic conventions.

use std::time::Duration;

use booked_failure::Failure;
use booked_telemetry::durations;
use opentelemetry::{
    KeyValue,
    metrics::{Counter, Histogram},
};

/// Shown from the start.
pub(super) fn holds_refused() -> Counter<u64> {
    let refused = opentelemetry::global::meter("booked-ticketing")
        .u64_counter("booked_holds_refused")
        .with_description(
            "Reservations refused since their user held, or held lately, too many seats of the event",
        )
        .build();
    refused.add(0, &[]);
    refused
}

#[derive(Clone)]
pub(super) struct Durations(Histogram<f64>);

impl Durations {
    pub(super) fn new() -> Self {
        let description = "Time that a script or command takes in Valkey";
        Self(durations("booked-ticketing", "db.client.operation.duration", description))
    }

    pub(super) fn record<T>(&self, operation: &str, result: &Result<T, Failure>, took: Duration) {
        let mut attributes = vec![
            KeyValue::new("db.system.name", "valkey"),
            KeyValue::new("db.operation.name", operation.to_owned()),
        ];
        let failure = result.as_ref().err().map(Failure::kind);
        attributes.extend(failure.map(|failure| KeyValue::new("error.type", failure)));
        self.0.record(took.as_secs_f64(), &attributes);
    }
}

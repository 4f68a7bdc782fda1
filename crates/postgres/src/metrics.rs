//! What a pool measures, named by OpenTelemetry's semantic conventions: how full it is, and how long work on it
//! takes.

use std::{sync::Arc, time::Duration};

use booked_telemetry::{count, durations};
use deadpool::Status;
use opentelemetry::{KeyValue, metrics::Histogram};

const SCOPE: &str = "booked-postgres";
const SYSTEM: &str = "postgresql";

/// How long work takes, without the wait for a connection; and how long that wait takes.
#[derive(Clone)]
pub(crate) struct Durations {
    work: Histogram<f64>,
    wait: Histogram<f64>,
}

impl Durations {
    pub(crate) fn new() -> Self {
        let work = "Time that a piece of work in the database takes";
        let wait = "Time that work waits for a connection";
        Self {
            work: durations(SCOPE, "db.client.operation.duration", work),
            wait: durations(SCOPE, "db.client.connection.wait_time", wait),
        }
    }

    /// `operation` is `read` or `transaction`; `failure` is the kind of failure if the database failed.
    pub(crate) fn worked(&self, operation: &'static str, failure: Option<&'static str>, took: Duration) {
        let mut attributes =
            vec![KeyValue::new("db.system.name", SYSTEM), KeyValue::new("db.operation.name", operation)];
        attributes.extend(failure.map(|failure| KeyValue::new("error.type", failure)));
        self.work.record(took.as_secs_f64(), &attributes);
    }

    pub(crate) fn waited(&self, is_given: bool, took: Duration) {
        let failure = (!is_given).then(|| KeyValue::new("error.type", "no_connection"));
        self.wait.record(took.as_secs_f64(), failure.as_slice());
    }
}

/// Reports how full the pool is whenever metrics are read.
pub(crate) fn show(status: impl Fn() -> Option<Status> + Send + Sync + 'static) {
    let status = Arc::new(status);
    let meter = opentelemetry::global::meter(SCOPE);
    let connections = Arc::clone(&status);
    meter
        .u64_observable_gauge("db.client.connection.count")
        .with_description("Open connections, by state")
        .with_callback(move |gauge| {
            let Some(status) = connections() else { return };
            let used = status.size.saturating_sub(status.available);
            for (state, connections) in [("idle", status.available), ("used", used)] {
                gauge.observe(count(connections), &[KeyValue::new("db.client.connection.state", state)]);
            }
        })
        .build();
    let most = Arc::clone(&status);
    meter
        .u64_observable_gauge("db.client.connection.max")
        .with_description("Most connections that the process opens")
        .with_callback(move |gauge| {
            most().into_iter().for_each(|status| gauge.observe(count(status.max_size), &[]));
        })
        .build();
    meter
        .u64_observable_gauge("db.client.connection.pending_requests")
        .with_description("Callers that wait for a connection")
        .with_callback(move |gauge| {
            status().into_iter().for_each(|status| gauge.observe(count(status.waiting), &[]));
        })
        .build();
}

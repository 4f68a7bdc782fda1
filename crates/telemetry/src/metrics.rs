//! Metrics: recorded through OpenTelemetry's interface, scraped by Prometheus.

use opentelemetry::{KeyValue, metrics::Histogram};
use opentelemetry_sdk::{Resource, metrics::SdkMeterProvider};
use prometheus::{Registry, TextEncoder};

/// In seconds; from the cost of holding a seat to the longest that anyone waits.
const DURATIONS_S: [f64; 13] = [0.0005, 0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0];

/// A histogram of how long something takes, in seconds. Its buckets are the same wherever it is used, so that the
/// parts of a request can be compared with the whole.
#[must_use]
pub fn durations(scope: &'static str, name: &'static str, description: &'static str) -> Histogram<f64> {
    opentelemetry::global::meter(scope)
        .f64_histogram(name)
        .with_description(description)
        .with_unit("s")
        .with_boundaries(DURATIONS_S.to_vec())
        .build()
}

/// A number of things, in the type that metrics use.
#[must_use]
pub fn count(things: usize) -> u64 {
    u64::try_from(things).unwrap_or(u64::MAX)
}

/// What Prometheus scrapes from a process. The default is empty, for a service that a test runs inside itself.
#[derive(Clone, Debug, Default)]
pub struct Metrics(Registry);

impl Metrics {
    /// The current metrics in Prometheus' text format.
    #[must_use]
    pub fn to_text(&self) -> String {
        TextEncoder::new().encode_to_string(&self.0.gather()).unwrap_or_default()
    }
}

pub(crate) fn start(service: &'static str) -> anyhow::Result<(Metrics, SdkMeterProvider)> {
    let registry = Registry::new();
    // Processor time, memory and open files, with the names that Prometheus' own clients use.
    #[cfg(target_os = "linux")]
    registry.register(Box::new(prometheus::process_collector::ProcessCollector::for_self()))?;
    let reader = opentelemetry_prometheus::exporter()
        .with_registry(registry.clone())
        .scope_info_enabled(false)
        .build()?;
    let meters = SdkMeterProvider::builder()
        .with_resource(
            Resource::builder()
                .with_service_name(service)
                .with_attribute(KeyValue::new("service.version", env!("CARGO_PKG_VERSION")))
                .build(),
        )
        .with_reader(reader)
        .build();
    opentelemetry::global::set_meter_provider(meters.clone());
    Ok((Metrics(registry), meters))
}

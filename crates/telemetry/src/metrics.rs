//! Metrics: recorded by OpenTelemetry's interface, read by Prometheus.

use opentelemetry_sdk::{Resource, metrics::SdkMeterProvider};
use prometheus::{Registry, TextEncoder};

/// What Prometheus reads of a process. The default reads nothing, for a service that a test runs inside itself.
#[derive(Clone, Debug, Default)]
pub struct Metrics(Registry);

impl Metrics {
    /// The figures of now in Prometheus' text format.
    #[must_use]
    pub fn to_text(&self) -> String {
        TextEncoder::new().encode_to_string(&self.0.gather()).unwrap_or_default()
    }
}

pub(crate) fn start(service: &'static str) -> anyhow::Result<(Metrics, SdkMeterProvider)> {
    let registry = Registry::new();
    let reader = opentelemetry_prometheus::exporter()
        .with_registry(registry.clone())
        .scope_info_enabled(false)
        .build()?;
    let meters = SdkMeterProvider::builder()
        .with_resource(Resource::builder().with_service_name(service).build())
        .with_reader(reader)
        .build();
    opentelemetry::global::set_meter_provider(meters.clone());
    Ok((Metrics(registry), meters))
}

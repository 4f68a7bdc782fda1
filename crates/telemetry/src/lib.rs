//! Traces, metrics and logs of a process, flushed when it ends.
//!
//! Traces are sent by OTLP over HTTP if the standard `OTEL_EXPORTER_OTLP_ENDPOINT` (or the one for traces) is set,
//! and otherwise nowhere. Prometheus scrapes metrics from the process. Logs go to standard error, as text or JSON,
//! and never block the code that logs.

#![warn(missing_docs)]

mod lines;
mod logs;
mod metrics;
mod request;
mod spans;
mod traces;

pub use logs::LogFormat;
pub use metrics::{Metrics, count, durations};
pub use request::ServedRequest;
pub use spans::{call_span, database_span, failed, shared_span};
pub use traces::trace_headers;

use std::{io::stderr, time::Duration};

use opentelemetry::metrics::ObservableCounter;
use opentelemetry_sdk::{metrics::SdkMeterProvider, trace::SdkTracerProvider};
use tracing_subscriber::{Layer as _, Registry, layer::SubscriberExt as _, util::SubscriberInitExt as _};

use crate::lines::Lines;

/// What a process reports about itself; dropping it without [`Telemetry::flush`] may lose the last spans.
#[derive(Debug)]
pub struct Telemetry {
    traces: Option<SdkTracerProvider>,
    meters: SdkMeterProvider,
    metrics: Metrics,
    lines: Lines,
    _dropped: ObservableCounter<u64>,
}

/// How long writing the last lines may take if nobody reads them.
const LAST_LINES: Duration = Duration::from_secs(1);

impl Telemetry {
    /// Starts logs, traces and metrics of the named service. Call it once per process, before any runtime starts: a
    /// thread of its own sends spans, with a blocking client.
    ///
    /// # Errors
    ///
    /// If the settings of the exporter or of the log filter are invalid, or logs were already started.
    pub fn start(service: &'static str, log_format: LogFormat) -> anyhow::Result<Self> {
        let (metrics, meters) = metrics::start(service)?;
        let traces = traces::start(service)?;
        let lines = Lines::to(stderr())?;
        Registry::default()
            .with(logs::layer(log_format, lines.clone()).with_filter(logs::filter()?))
            .with(traces.as_ref().map(|traces| traces::layer(traces).with_filter(spans::traced())))
            .try_init()?;
        let _dropped = lines.show_dropped();
        Ok(Self { traces, meters, metrics, lines, _dropped })
    }

    /// Makes panics of the whole process go to the log.
    pub fn tell_panics(&self) {
        logs::tell_panics(self.lines.clone(), LAST_LINES);
    }

    /// What Prometheus reads.
    #[must_use]
    pub fn metrics(&self) -> Metrics {
        self.metrics.clone()
    }

    /// Sends and writes what remains, within a bounded time. Must not run inside an asynchronous runtime.
    pub fn flush(self) {
        if let Some(traces) = self.traces
            && let Err(error) = traces.shutdown()
        {
            tracing::warn!(%error, "the last spans were not sent");
        }
        if let Err(error) = self.meters.shutdown() {
            tracing::warn!(%error, "metrics were not shut down");
        }
        self.lines.flush(LAST_LINES);
    }
}

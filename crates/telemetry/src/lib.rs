//! Traces, metrics and logs of a process, flushed when it ends.
//!
//! Traces go out by OTLP over HTTP where the standard `OTEL_EXPORTER_OTLP_ENDPOINT` (or the one for traces) is set, else
//! nowhere. Metrics are read from the process by Prometheus. Logs go to standard error, as text or JSON, and never keep
//! whoever logs waiting.

#![warn(missing_docs)]

mod lines;
mod logs;
mod metrics;
mod spans;
mod traces;

pub use logs::LogFormat;
pub use metrics::{Metrics, count, durations};
pub use spans::{call_span, database_span, failed, served, server_span, shared_span};
pub use traces::{continue_trace, trace_headers};

use std::{io::stderr, time::Duration};

use opentelemetry::metrics::ObservableCounter;
use opentelemetry_sdk::{metrics::SdkMeterProvider, trace::SdkTracerProvider};
use tracing_subscriber::{Layer as _, Registry, layer::SubscriberExt as _, util::SubscriberInitExt as _};

use crate::lines::Lines;

/// What a process sends of itself; dropping it without [`Telemetry::flush`] may lose the last spans.
#[derive(Debug)]
pub struct Telemetry {
    traces: Option<SdkTracerProvider>,
    meters: SdkMeterProvider,
    metrics: Metrics,
    lines: Lines,
    _dropped: ObservableCounter<u64>,
}

/// How long the last lines may take on their way out, where nobody takes them.
const LAST_LINES: Duration = Duration::from_secs(1);

impl Telemetry {
    /// Starts logs, traces and metrics of the named service. Call it once a process, before any runtime starts: spans
    /// are sent by a thread of their own, with a blocking client.
    ///
    /// # Errors
    ///
    /// Where the exporter's or the log filter's settings cannot be used, or logs were started before.
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

    /// Has panics told by the log, of the whole process.
    pub fn tell_panics(&self) {
        logs::tell_panics(self.lines.clone(), LAST_LINES);
    }

    /// What Prometheus reads.
    #[must_use]
    pub fn metrics(&self) -> Metrics {
        self.metrics.clone()
    }

    /// Sends and writes what is left, within a bounded time. Must not run inside an asynchronous runtime.
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

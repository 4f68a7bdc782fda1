//! Traces: one for a request across all processes, joined by the W3C `traceparent` header.

use std::{
    env,
    sync::atomic::{AtomicBool, Ordering},
};

use opentelemetry::{
    global,
    propagation::{Extractor, Injector},
    trace::{TraceContextExt as _, TracerProvider as _},
};
use opentelemetry_sdk::{
    Resource,
    propagation::TraceContextPropagator,
    trace::{SdkTracerProvider, Tracer},
};
use tracing::{Span, Subscriber};
use tracing_opentelemetry::{OpenTelemetryLayer, OpenTelemetrySpanExt as _};
use tracing_subscriber::registry::LookupSpan;

static ARE_RECORDED: AtomicBool = AtomicBool::new(false);

const ENDPOINTS: [&str; 2] = ["OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", "OTEL_EXPORTER_OTLP_ENDPOINT"];

/// Makes the span a child of the one that the caller's headers name, if they name one, and adds the trace's id to its
/// log lines.
pub(crate) fn continue_trace<'a>(span: &Span, header: impl Fn(&str) -> Option<&'a str>) {
    let headers = CallersTrace(CallersTrace::NAMES.map(header));
    let parent = global::get_text_map_propagator(|propagator| propagator.extract(&headers));
    // Fails only if no trace is recorded, and then there is nothing to join.
    if span.set_parent(parent).is_ok() {
        span.record("trace_id", span.context().span().span_context().trace_id().to_string());
    }
}

/// The headers that make a call's spans children of the current one; empty if no trace is recorded.
#[must_use]
pub fn trace_headers() -> Vec<(String, String)> {
    let mut headers = Collected(Vec::new());
    if !are_recorded() {
        return headers.0;
    }
    let context = Span::current().context();
    global::get_text_map_propagator(|propagator| propagator.inject_context(&context, &mut headers));
    headers.0
}

/// Whether each request has a span.
pub(crate) fn are_recorded() -> bool {
    ARE_RECORDED.load(Ordering::Relaxed)
}

pub(crate) fn start(service: &'static str) -> anyhow::Result<Option<SdkTracerProvider>> {
    // The first one that is set counts.
    let endpoints = ENDPOINTS.map(|name| (name, env::var(name).unwrap_or_default()));
    let Some((name, url)) = endpoints.into_iter().find(|(_, url)| !url.is_empty()) else { return Ok(None) };
    // The exporter would accept any other scheme and silently send nothing.
    let is_plain = url.get(..7).is_some_and(|scheme| scheme.eq_ignore_ascii_case("http://"));
    anyhow::ensure!(is_plain, "{name}: must begin with http://; a collector beside us can encrypt");
    global::set_text_map_propagator(TraceContextPropagator::new());
    let exporter = opentelemetry_otlp::SpanExporter::builder().with_http().build()?;
    let provider = SdkTracerProvider::builder()
        .with_resource(Resource::builder().with_service_name(service).build())
        .with_batch_exporter(exporter)
        .build();
    global::set_tracer_provider(provider.clone());
    ARE_RECORDED.store(true, Ordering::Relaxed);
    Ok(Some(provider))
}

pub(crate) fn layer<S>(provider: &SdkTracerProvider) -> OpenTelemetryLayer<S, Tracer>
where
    S: Subscriber + for<'span> LookupSpan<'span>,
{
    tracing_opentelemetry::layer().with_tracer(provider.tracer("booked"))
}

struct CallersTrace<'a>([Option<&'a str>; 2]);

impl CallersTrace<'_> {
    const NAMES: [&'static str; 2] = ["traceparent", "tracestate"];
}

impl Extractor for CallersTrace<'_> {
    fn get(&self, key: &str) -> Option<&str> {
        let [parent, state] = self.0;
        match key {
            "traceparent" => parent,
            "tracestate" => state,
            _ => None,
        }
    }

    fn keys(&self) -> Vec<&str> {
        Self::NAMES.to_vec()
    }
}

struct Collected(Vec<(String, String)>);

impl Injector for Collected {
    fn set(&mut self, key: &str, value: String) {
        self.0.push((key.to_owned(), value));
    }
}

//! The spans of a trace: a request that is served, and each call that it makes to others. Attributes have the names
//! of OpenTelemetry's semantic conventions (<https://opentelemetry.io/docs/specs/semconv/>).

use opentelemetry::{
    KeyValue,
    trace::{Status, TraceContextExt as _},
};
use tracing::{Span, debug_span, field::Empty, info_span};
use tracing_opentelemetry::OpenTelemetrySpanExt as _;
use tracing_subscriber::filter::{LevelFilter, Targets};

/// Calls appear only in traces: if no trace is recorded, their spans are not even created.
pub(crate) fn traced() -> Targets {
    Targets::new().with_default(LevelFilter::INFO).with_target(module_path!(), LevelFilter::DEBUG)
}

/// The span of a request that is served, until [`served`] records how it ended. Its id is in each log line of the
/// request.
#[must_use]
pub fn server_span(method: &str, path: &str, request_id: &str) -> Span {
    info_span!(
        "request",
        otel.kind = "server",
        http.request.method = method,
        url.path = path,
        request_id,
        trace_id = Empty,
    )
}

/// Records in the trace, if there is one, how a request ended. `route` is the pattern of its path, if it has one.
/// This bypasses the log, which would write all fields of the span again for each field that is added.
pub fn served(span: &Span, method: &str, route: Option<&str>, status: u16) {
    let context = span.context();
    let traced = context.span();
    if !traced.is_recording() {
        return;
    }
    if let Some(route) = route {
        // The span got its name before its route was known.
        traced.update_name(format!("{method} {route}"));
        traced.set_attribute(KeyValue::new("http.route", route.to_owned()));
    }
    traced.set_attribute(KeyValue::new("http.response.status_code", i64::from(status)));
    if status >= 500 {
        traced.set_status(Status::error(""));
    }
}

/// The span of a call to another service.
#[must_use]
pub fn call_span(method: &str, path: &str) -> Span {
    debug_span!(
        "call",
        otel.name = method,
        otel.kind = "client",
        otel.status_code = Empty,
        http.request.method = method,
        url.path = path,
    )
}

/// The span of an operation of a database: `postgresql` or `valkey`.
#[must_use]
pub fn database_span(system: &'static str, operation: &str) -> Span {
    debug_span!(
        "database",
        otel.name = operation,
        otel.kind = "client",
        otel.status_code = Empty,
        db.system.name = system,
        db.operation.name = operation,
    )
}

/// The span of work that is done for several requests together: part of the first one's trace, and linked to the
/// others.
#[must_use]
pub fn shared_span<'s>(work: &'static str, mut requests: impl Iterator<Item = &'s Span>) -> Span {
    let first = requests.next().and_then(Span::id);
    let span = debug_span!(parent: first, "shared", otel.name = work, otel.status_code = Empty);
    for request in requests {
        span.follows_from(request);
    }
    span
}

/// Marks the operation of the span as failed.
pub fn failed(span: &Span) {
    span.record("otel.status_code", "ERROR");
}

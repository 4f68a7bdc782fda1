//! The spans of a trace for each call that a request makes to others. Attributes have the names of OpenTelemetry's
//! semantic conventions (<https://opentelemetry.io/docs/specs/semconv/>).

use tracing::{Span, debug_span, field::Empty};
use tracing_subscriber::filter::{LevelFilter, Targets};

/// Calls appear only in traces: if no trace is recorded, their spans are not even created.
pub(crate) fn traced() -> Targets {
    Targets::new().with_default(LevelFilter::INFO).with_target(module_path!(), LevelFilter::DEBUG)
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

//! A request that is served: its span if traces are recorded, and what its log lines say of it.
//!
//! Most requests write no line. So if no trace is recorded, the span that a line shows is made when the line is written, and a
//! request that writes none costs no span.

use std::{
    future::{Future, poll_fn},
    pin::pin,
    sync::{Arc, OnceLock},
};

use opentelemetry::{
    KeyValue,
    trace::{Status, TraceContextExt as _},
};
use tracing::{Span, field::Empty, info_span, span::EnteredSpan};
use tracing_opentelemetry::OpenTelemetrySpanExt as _;

use crate::traces;

tokio::task_local! {
    static CURRENT: Arc<Facts>;
}

/// A request that is served, until [`ServedRequest::end`] records how it ended.
#[derive(Clone, Debug)]
pub struct ServedRequest(State);

#[derive(Clone, Debug)]
enum State {
    Traced(Span),
    Untraced(Arc<Facts>),
    /// Work that no request asked for.
    None,
}

/// What a line says of its request.
#[derive(Debug)]
struct Facts {
    method: String,
    path: String,
    request_id: String,
    span: OnceLock<Span>,
}

impl ServedRequest {
    /// A request with this method, path and id. If traces are recorded, it joins the one that the caller's headers name.
    pub fn begin<'a>(
        method: &str,
        path: &str,
        request_id: &str,
        header: impl Fn(&str) -> Option<&'a str>,
    ) -> Self {
        if traces::are_recorded() {
            let span = span_of(method, path, request_id);
            traces::continue_trace(&span, header);
            return Self(State::Traced(span));
        }
        let [method, path, request_id] = [method, path, request_id].map(str::to_owned);
        Self(State::Untraced(Arc::new(Facts { method, path, request_id, span: OnceLock::new() })))
    }

    /// The request that the current task works for.
    #[must_use]
    pub fn current() -> Self {
        if traces::are_recorded() {
            return Self(State::Traced(Span::current()));
        }
        Self(CURRENT.try_with(Arc::clone).map_or(State::None, State::Untraced))
    }

    /// Works for this request: its lines, and its calls to others, belong to it.
    pub async fn scope<F: Future>(&self, work: F) -> F::Output {
        let mut work = pin!(work);
        poll_fn(|context| self.enter(|| work.as_mut().poll(context))).await
    }

    fn enter<T>(&self, work: impl FnOnce() -> T) -> T {
        match &self.0 {
            State::Traced(span) => span.in_scope(work),
            State::Untraced(facts) => CURRENT.sync_scope(Arc::clone(facts), work),
            State::None => work(),
        }
    }

    /// Records in the trace, if there is one, how the request ended. `route` is the pattern of its path, if it has one.
    /// This bypasses the log, which would write all fields of the span again for each field that is added.
    pub fn end(&self, method: &str, route: Option<&str>, status: u16) {
        let State::Traced(span) = &self.0 else { return };
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
}

/// Enters the span of the current request, as long as a line is written, unless a trace has it already.
pub(crate) fn enter_for_a_line() -> Option<EnteredSpan> {
    let facts = CURRENT.try_with(Arc::clone).ok()?;
    let span = facts.span.get_or_init(|| span_of(&facts.method, &facts.path, &facts.request_id));
    Some(span.clone().entered())
}

fn span_of(method: &str, path: &str, request_id: &str) -> Span {
    info_span!(
        parent: None,
        "request",
        otel.kind = "server",
        http.request.method = method,
        url.path = path,
        request_id,
        trace_id = Empty,
    )
}

//! Logs: to standard error, filtered by `RUST_LOG`, as text for people or as JSON for collectors.

use std::{
    fmt,
    io::{IsTerminal as _, stderr},
    panic,
    str::FromStr,
    thread,
    time::Duration,
};

use tracing::{Event, Subscriber};
use tracing_subscriber::{
    EnvFilter, Layer,
    fmt::{FmtContext, FormatEvent, FormatFields, format::Writer},
    registry::LookupSpan,
};

use crate::{lines::Lines, request};

/// How a log line is written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum LogFormat {
    /// For people.
    Text,
    /// One JSON object per line.
    #[default]
    Json,
}

impl FromStr for LogFormat {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match text {
            "text" => Ok(Self::Text),
            "json" => Ok(Self::Json),
            _ => Err("is neither `text` nor `json`"),
        }
    }
}

/// Targets that would reveal more than a log may contain, however verbose the filter is set: at its finer levels the
/// Postgres driver logs the parameters of statements, and these include hashes of passwords.
const QUIET: &str = "tokio_postgres=info";

pub(crate) fn filter() -> anyhow::Result<EnvFilter> {
    let filter = EnvFilter::builder()
        .with_default_directive(tracing::level_filters::LevelFilter::INFO.into())
        .from_env()?;
    Ok(filter.add_directive(QUIET.parse()?))
}

pub(crate) fn layer<S>(format: LogFormat, lines: Lines) -> Box<dyn Layer<S> + Send + Sync>
where
    S: Subscriber + for<'span> LookupSpan<'span>,
{
    let mut layer = tracing_subscriber::fmt::layer().with_writer(lines);
    if !stderr().is_terminal() {
        layer.set_ansi(false);
    }
    match format {
        LogFormat::Text => layer.with_target(false).map_event_format(OfRequest).boxed(),
        LogFormat::Json => {
            let layer = layer.json().flatten_event(true).with_current_span(true).with_span_list(false);
            layer.map_event_format(OfRequest).boxed()
        }
    }
}

/// Writes a line with the request that it belongs to.
struct OfRequest<F>(F);

impl<S, N, F> FormatEvent<S, N> for OfRequest<F>
where
    S: Subscriber + for<'span> LookupSpan<'span>,
    N: for<'writer> FormatFields<'writer> + 'static,
    F: FormatEvent<S, N>,
{
    fn format_event(
        &self,
        context: &FmtContext<'_, S, N>,
        writer: Writer<'_>,
        event: &Event<'_>,
    ) -> fmt::Result {
        let _request = request::enter_for_a_line();
        self.0.format_event(context, writer, event)
    }
}

/// Makes panics go to the log: the default way, straight to standard error, blocks the panicking thread if nobody
/// reads. A panic of the main thread ends the process, so its message is waited for, but no longer than this.
pub(crate) fn tell_panics(lines: Lines, limit: Duration) {
    panic::set_hook(Box::new(move |panic| {
        let thread = thread::current();
        let name = thread.name().unwrap_or_default();
        let message = panic.payload_as_str().unwrap_or_default();
        let location = panic.location().map(ToString::to_string).unwrap_or_default();
        tracing::error!(thread = name, location, panic = message, "a thread panicked");
        if name == "main" {
            lines.flush(limit);
        }
    }));
}

//! The metrics of the process. A process has one set of them, so a test that reads them runs in a process of its own.

use std::sync::LazyLock;

use booked_telemetry::{LogFormat, Telemetry};

static TELEMETRY: LazyLock<Telemetry> =
    LazyLock::new(|| Telemetry::start("ticketing", LogFormat::Text).unwrap());

/// Begins to measure: before the sale starts, or it measures nothing.
pub(crate) fn measure() {
    LazyLock::force(&TELEMETRY);
}

/// The value of a figure with these labels; none if it is not shown.
pub(crate) fn figure(name: &str, labels: &[(&str, &str)]) -> Option<f64> {
    let (text, starts) = (TELEMETRY.metrics().to_text(), [format!("{name}{{"), format!("{name} ")]);
    let labels: Vec<String> = labels.iter().map(|(label, value)| format!("{label}=\"{value}\"")).collect();
    let is_it = |line: &&str| {
        starts.iter().any(|start| line.starts_with(start)) && labels.iter().all(|label| line.contains(label))
    };
    text.lines().find(is_it)?.rsplit(' ').next()?.parse().ok()
}

//! The report as a table for a terminal.

use booked_plots::figures::{count, digits, float, time};

use crate::{
    options::Arrival,
    report::{OperationReport, Report, Spread},
    scenario::expectation::Expectation,
};

const HEAD: [&str; 11] =
    ["", "calls", "per second", "ok", "refused", "busy", "errors", "p50", "p90", "p99", "max"];

#[must_use]
pub fn table(report: &Report) -> String {
    let mut lines = vec![title(report), String::new()];
    let rows: Vec<[String; 11]> = report.operations.iter().chain([&report.all]).map(row).collect();
    lines.extend(aligned(&rows));
    lines.extend(outcomes(report));
    lines.extend(repeats(report));
    lines.extend(iterations(report));
    if !report.expectations.is_empty() {
        lines.push(String::new());
        lines.extend(report.expectations.iter().map(expectation));
    }
    lines.push(String::new());
    lines.push(match report.failures() {
        0 => "Nothing unexpected was seen.".to_owned(),
        failures => format!("UNEXPECTED: {}", count(failures)),
    });
    lines.join("\n")
}

fn title(report: &Report) -> String {
    let arrival = match report.arrival {
        Arrival::Open { rate_per_s, .. } => format!("{} iterations per second", digits(rate_per_s)),
        Arrival::Closed { users } => format!("{} clients", count(u64::try_from(users).unwrap_or(u64::MAX))),
    };
    let early = if report.ended_early { ", ended early" } else { "" };
    let (scenario, url, seed) = (&report.scenario, &report.url, report.seed);
    format!("{scenario} at {url}: {arrival}, {:.1} s measured{early}, seed {seed}", report.measured_s)
}

fn row(operation: &OperationReport) -> [String; 11] {
    let Spread { p50, p90, p99, max, .. } = operation.latency_us;
    let [p50, p90, p99, max] = [p50, p90, p99, max].map(|us| time(float(us)));
    [
        operation.name.to_owned(),
        count(operation.calls),
        digits(operation.per_s),
        count(operation.ok),
        count(operation.refused),
        count(operation.busy),
        count(operation.errors),
        p50,
        p90,
        p99,
        max,
    ]
}

/// The first column is aligned to the left, the others to the right.
fn aligned(rows: &[[String; 11]]) -> Vec<String> {
    let head = HEAD.map(str::to_owned);
    let all: Vec<&[String; 11]> = std::iter::once(&head).chain(rows).collect();
    let widths: Vec<usize> = (0..HEAD.len())
        .map(|column| all.iter().map(|row| row[column].chars().count()).max().unwrap_or(0))
        .collect();
    let line = |row: &&[String; 11]| {
        let cells = row.iter().zip(&widths).enumerate().map(|(column, (cell, width))| match column {
            0 => format!("{cell:<width$}"),
            _ => format!("{cell:>width$}"),
        });
        cells.collect::<Vec<_>>().join("  ").trim_end().to_owned()
    };
    all.iter().map(line).collect()
}

/// All answers except success.
fn outcomes(report: &Report) -> Vec<String> {
    let mut lines = Vec::new();
    for operation in &report.operations {
        for outcome in operation.outcomes.iter().filter(|it| it.outcome != "ok") {
            lines.push(format!("  {} {} × {}", count(outcome.count), operation.name, outcome.outcome));
        }
    }
    if !lines.is_empty() {
        lines.insert(0, "\nAnswers other than ok:".to_owned());
    }
    lines
}

/// What was sent again with its key.
fn repeats(report: &Report) -> Vec<String> {
    let repeated = report.operations.iter().filter(|it| it.repeats > 0);
    let line = |it: &OperationReport| {
        let (repeats, replayed) = (count(it.repeats), count(it.replayed));
        format!("  {} {repeats} times; {replayed} had been answered before", it.name)
    };
    let mut lines: Vec<String> = repeated.map(line).collect();
    if !lines.is_empty() {
        lines.insert(0, "\nSent again with their keys:".to_owned());
    }
    lines
}

fn iterations(report: &Report) -> Vec<String> {
    let (iterations, mut lines) = (&report.iterations, Vec::new());
    if iterations.not_started > 0 {
        let not_started = count(iterations.not_started);
        lines.push(format!("\n{not_started} iterations did not begin because too many were open."));
    }
    if iterations.cut_short > 0 {
        lines.push(format!(
            "\n{} iterations were still open at the end, and were cut short.",
            iterations.cut_short
        ));
    }
    if matches!(report.arrival, Arrival::Open { .. }) {
        let Spread { p50, p99, max, .. } = iterations.lateness_us;
        let [p50, p99, max] = [p50, p99, max].map(|us| time(float(us)));
        lines.push(format!(
            "\nIterations began late by {p50} (p50), {p99} (p99), {max} (max): the load kit's own share."
        ));
    }
    lines
}

fn expectation(expectation: &Expectation) -> String {
    let Expectation { what, expected, found, holds } = expectation;
    let mark = if *holds { "ok    " } else { "BROKEN" };
    format!("{mark}  {what}: {found} (expected {expected})")
}

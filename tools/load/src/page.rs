//! The report as a page of HTML: in one self-contained file, with plots, for light and dark screens.

mod charts;

use booked_plots::{
    document, escape,
    figures::{count, digits, float, time},
    section, table,
};

use crate::{
    options::Arrival,
    report::{OperationReport, Report, Spread},
    scenario::expectation::Expectation,
};
use charts::{distribution, latencies, outcomes, throughput};

#[must_use]
pub fn html(report: &Report) -> String {
    let title = format!("{} · {}", report.scenario, report.url);
    let sections = [
        summary(report),
        section("Throughput", "Calls that ended, by second.", &throughput(report)),
        section(
            "Latency over time",
            "From when a call was meant to start until its answer.",
            &latencies(report),
        ),
        section(
            "Latency distribution",
            "The share of calls that took at most this long.",
            &distribution(report),
        ),
        section("Outcomes", "What was answered, by operation.", &outcomes(report)),
        section("Operations", "", &operations(report)),
        section("Answers", "", &answers(report)),
        section("What must be true afterwards", "", &expectations(&report.expectations)),
    ];
    document(&title, &sections.concat())
}

fn summary(report: &Report) -> String {
    let failures = report.failures();
    let (class, verdict) = match failures {
        0 => ("good", "Nothing unexpected was seen".to_owned()),
        _ => ("bad", format!("Unexpected: {}", count(failures))),
    };
    let arrival = match report.arrival {
        Arrival::Open { rate_per_s, .. } => {
            format!("{} iterations arrive per second (open loop)", digits(rate_per_s))
        }
        Arrival::Closed { users } => {
            format!("{} clients (closed loop)", count(u64::try_from(users).unwrap_or(u64::MAX)))
        }
    };
    let early = if report.ended_early { ", ended early" } else { "" };
    let Spread { p50, p99, .. } = report.all.latency_us;
    let mut tiles = vec![
        tile("calls", &count(report.all.calls)),
        tile("per second", &digits(report.all.per_s)),
        tile("p50", &time(float(p50))),
        tile("p99", &time(float(p99))),
        tile("errors", &count(report.all.errors)),
    ];
    if report.iterations.not_started > 0 {
        tiles.push(tile("iterations that did not begin", &count(report.iterations.not_started)));
    }
    if report.iterations.cut_short > 0 {
        tiles.push(tile("iterations cut short", &report.iterations.cut_short.to_string()));
    }
    format!(
        "<header>\n<h1>{}</h1>\n<p>{} · {arrival} · {:.1} s measured{early} · seed {}</p>\n\
         <p class=\"verdict {class}\">{verdict}</p>\n<div class=\"tiles\">{}</div>\n</header>\n",
        escape(&report.scenario),
        escape(&report.url),
        report.measured_s,
        report.seed,
        tiles.concat()
    )
}

fn tile(name: &str, value: &str) -> String {
    format!("<div><b>{value}</b><span>{name}</span></div>")
}

fn operations(report: &Report) -> String {
    let row = |operation: &OperationReport| {
        let Spread { min, p50, p90, p99, p999, max, .. } = operation.latency_us;
        let times: String =
            [min, p50, p90, p99, p999, max].map(|us| format!("<td>{}</td>", time(float(us)))).concat();
        let (name, calls, per_s) = (operation.name, count(operation.calls), digits(operation.per_s));
        format!("<tr><th>{name}</th><td>{calls}</td><td>{per_s}</td>{times}</tr>\n")
    };
    let rows: String = report.operations.iter().chain([&report.all]).map(row).collect();
    let heads = ["", "calls", "per second", "min", "p50", "p90", "p99", "p99.9", "max"];
    table(&heads, &rows)
}

fn answers(report: &Report) -> String {
    let mut rows = String::new();
    for operation in &report.operations {
        for outcome in &operation.outcomes {
            let (name, number) = (operation.name, count(outcome.count));
            let (class, outcome) = (charts::class(outcome.verdict), escape(&outcome.outcome));
            rows.push_str(&format!(
                "<tr><th>{name}</th><td class=\"text\"><i class=\"{class}\"></i>{outcome}</td><td>{number}</td></tr>\n"
            ));
        }
    }
    table(&["", "answer", "calls"], &rows)
}

fn expectations(expectations: &[Expectation]) -> String {
    if expectations.is_empty() {
        return String::new();
    }
    let row = |it: &Expectation| {
        let (class, mark) = if it.holds { ("good", "holds") } else { ("bad", "broken") };
        let [what, expected, found] = [&it.what, &it.expected, &it.found].map(|text| escape(text));
        format!(
            "<tr><th>{what}</th><td class=\"text\">{expected}</td><td class=\"text\">{found}</td>\
             <td class=\"text {class}\">{mark}</td></tr>\n"
        )
    };
    let rows: String = expectations.iter().map(row).collect();
    table(&["", "expected", "found", ""], &rows)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_others_have_written_stays_text() {
        let expectation = Expectation {
            what: "<b>".to_owned(),
            expected: "<i>".to_owned(),
            found: "a < b".to_owned(),
            holds: false,
        };
        let shown = expectations(&[expectation]);
        assert!(shown.contains("&lt;b&gt;") && shown.contains("&lt;i&gt;") && shown.contains("a &lt; b"));
        assert!(!shown.contains("<b>") && !shown.contains("<i>"));
    }
}

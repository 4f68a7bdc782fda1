//! The plots of the page.

use booked_plots::{
    Axis, Curve, Plot,
    figures::{count, digits, float, ratio, round_number, round_time, time},
    legend_of,
};

use crate::{
    meter::Verdict,
    report::{OperationReport, Report, Second, Spread},
};

/// A shorter row does not represent a second.
const LENGTH_MIN_S: f64 = 0.5;
const COLOURS: usize = 7;
/// Shares of the calls that have a tick, and their labels.
const SHARES: [(f64, &str); 6] =
    [(0.0, "0%"), (0.9, "90%"), (0.99, "99%"), (0.999, "99.9%"), (0.9999, "99.99%"), (0.99999, "99.999%")];

/// In the style sheet.
pub(super) fn class(verdict: Verdict) -> &'static str {
    match verdict {
        Verdict::Ok => "done",
        Verdict::Refused => "refused",
        Verdict::Busy => "busy",
        Verdict::Error => "error",
    }
}

fn name(verdict: Verdict) -> &'static str {
    match verdict {
        Verdict::Ok => "ok",
        Verdict::Refused => "refused as expected",
        Verdict::Busy => "busy (503, 429)",
        Verdict::Error => "error",
    }
}

const VERDICTS: [Verdict; 4] = [Verdict::Ok, Verdict::Refused, Verdict::Busy, Verdict::Error];

fn of_verdict(row: &Second, verdict: Verdict) -> u64 {
    match verdict {
        Verdict::Ok => row.ok,
        Verdict::Refused => row.refused,
        Verdict::Busy => row.busy,
        Verdict::Error => row.errors,
    }
}

/// Calls per second, by verdict.
pub(super) fn throughput(report: &Report) -> String {
    let rows = full_seconds(report);
    let mut curves = Vec::new();
    for verdict in VERDICTS.into_iter().filter(|verdict| rows.iter().any(|row| of_verdict(row, *verdict) > 0))
    {
        let points = rows.iter().map(|row| (end(row), row.per_s(of_verdict(row, verdict)))).collect();
        let label = |per_s| format!("{} per second", digits(per_s));
        curves.push(Curve {
            name: name(verdict).to_owned(),
            class: class(verdict).to_owned(),
            points,
            label,
        });
    }
    plot(curves, seconds_axis(&rows), |most| Axis::linear(most, round_number))
}

pub(super) fn latencies(report: &Report) -> String {
    let rows: Vec<&Second> = full_seconds(report).into_iter().filter(|row| row.all_calls() > 0).collect();
    type Of = fn(&Spread) -> u64;
    let shown: [(&str, &str, Of); 4] = [
        ("p50", "c1", |it| it.p50),
        ("p90", "c0", |it| it.p90),
        ("p99", "c2", |it| it.p99),
        ("max", "c3", |it| it.max),
    ];
    let curve = |(name, class, of): (&str, &str, Of)| Curve {
        name: name.to_owned(),
        class: class.to_owned(),
        points: rows.iter().map(|row| (end(row), float(of(&row.latency_us)))).collect(),
        label: time,
    };
    let curves: Vec<Curve> = shown.into_iter().map(curve).collect();
    let least = least(&curves);
    plot(curves, seconds_axis(&rows), |most| Axis::log(least, most, round_time))
}

/// Latencies by share of the calls; the slowest few take most of the width.
pub(super) fn distribution(report: &Report) -> String {
    let shown = report.operations.iter().filter(|operation| operation.calls > 0);
    let curves: Vec<Curve> = shown
        .enumerate()
        .map(|(number, operation)| Curve {
            name: operation.name.to_owned(),
            class: format!("c{}", number % COLOURS),
            points: curve_of(operation),
            label: time,
        })
        .collect();
    let reach = curves.iter().flat_map(|curve| &curve.points).map(|(x, _)| *x).fold(1.0, f64::max);
    let ticks = SHARES.iter().map(|(share, name)| (nines(*share), (*name).to_owned()));
    let across = Axis::of_ticks(ticks.take_while(|(x, _)| *x <= reach + 0.01).collect(), reach);
    let least = least(&curves);
    plot(curves, across, |most| Axis::log(least, most, round_time))
}

fn curve_of(operation: &OperationReport) -> Vec<(f64, f64)> {
    // The last point represents all calls, and would be infinitely far away.
    let points = operation.distribution.iter().filter(|point| point.share < 1.0);
    points.map(|point| (nines(point.share), float(point.at_most_us))).collect()
}

/// The number of nines: 1 for 90%, 2 for 99%.
fn nines(share: f64) -> f64 {
    -(1.0 - share).log10()
}

pub(super) fn outcomes(report: &Report) -> String {
    const ROW: f64 = 30.0;
    const LEFT: f64 = 110.0;
    const WIDTH: f64 = 920.0;
    if report.operations.is_empty() {
        return String::new();
    }
    let height = ROW * float(u64::try_from(report.operations.len()).unwrap_or_default());
    let mut picture = format!("<svg viewBox=\"0 0 {WIDTH} {height}\" role=\"img\">\n");
    let mut top = 0.0;
    for operation in &report.operations {
        let text_y = top + 19.0;
        picture.push_str(&format!(
            "<text x=\"{:.1}\" y=\"{text_y:.1}\" text-anchor=\"end\">{}</text>",
            LEFT - 10.0,
            operation.name
        ));
        let counts = [operation.ok, operation.refused, operation.busy, operation.errors];
        let mut left = LEFT;
        for (verdict, number) in VERDICTS.into_iter().zip(counts).filter(|(_, number)| *number > 0) {
            let width = ratio(number, float(operation.calls)) * (WIDTH - LEFT);
            picture.push_str(&format!(
                "<g class=\"{}\"><rect x=\"{left:.1}\" y=\"{:.1}\" width=\"{width:.1}\" height=\"20\">\
                 <title>{}: {}</title></rect></g>",
                class(verdict),
                top + 5.0,
                name(verdict),
                count(number)
            ));
            left += width;
        }
        picture.push('\n');
        top += ROW;
    }
    picture.push_str("</svg>\n");
    legend_of(&VERDICTS.map(|verdict| (class(verdict), name(verdict)))) + &picture
}

fn plot(curves: Vec<Curve>, across: Axis, up: impl FnOnce(f64) -> Axis) -> String {
    if curves.iter().all(|curve| curve.points.is_empty()) {
        return String::new();
    }
    let most = curves.iter().flat_map(|curve| &curve.points).map(|(_, y)| *y).fold(0.0, f64::max);
    Plot { x: across, y: up(most), curves }.svg()
}

fn least(curves: &[Curve]) -> f64 {
    curves.iter().flat_map(|curve| &curve.points).map(|(_, y)| *y).fold(f64::INFINITY, f64::min)
}

fn full_seconds(report: &Report) -> Vec<&Second> {
    // Calls that ended after the last arrival do not show the rate of the run.
    let is_full = |row: &&Second| float(row.second) + LENGTH_MIN_S <= report.measured_s;
    report.series.iter().filter(|row| row.length_s >= LENGTH_MIN_S).filter(is_full).collect()
}

/// A row is drawn at the end of its second.
fn end(row: &Second) -> f64 {
    float(row.second + 1)
}

fn seconds_axis(rows: &[&Second]) -> Axis {
    let last = rows.last().map_or(1.0, |row| end(row));
    Axis::up_to(last, |at| format!("{at:.0} s"))
}

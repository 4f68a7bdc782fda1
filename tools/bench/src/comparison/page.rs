//! A comparison as one file of HTML, with a plot of all ratios and one of the rounds of each part.

use booked_plots::{
    Axis, Curve, Plot, document, escape,
    figures::{digits, float, round_number},
    section, table,
};

use super::{
    Bound, Comparison, Part, Row, Verdict,
    table::{between, full_name, goal, noise, spread, verdicts},
};

const WIDTH: f64 = 920.0;
const LEFT: f64 = 300.0;
const BAR: f64 = 30.0;
/// The position of the goals, as a share of the width. A bar that fills the width is 1.5 times its goal, or more.
const GOAL_AT: f64 = 2.0 / 3.0;

#[must_use]
pub fn html(comparison: &Comparison) -> String {
    let reached = comparison.rows.iter().all(|row| row.measured.is_ok())
        && comparison.parts().all(|(_, part)| matches!(part.verdict(), Some(Verdict::Reached) | None));
    let notes: String = comparison.notes.iter().map(|note| format!("<p>{}</p>\n", escape(note))).collect();
    let noise = noise(comparison)
        .map_or_else(String::new, |text| format!("<p class=\"verdict bad\">{}</p>\n", escape(&text)));
    let header = format!(
        "<header>\n<h1>Compared with what the parts can do</h1>\n{notes}<p class=\"verdict {}\">{}</p>\n{noise}</header>\n",
        if reached { "good" } else { "bad" },
        verdicts(comparison)
    );
    let mut content = header;
    content.push_str(&section(
        "Ratios",
        "The line is the goal; bars that reach it are green. More is better.",
        &ratios(comparison),
    ));
    content.push_str(&section("Medians", "", &medians(comparison)));
    content.extend(comparison.rows.iter().map(benchmark));
    document("booked bench", &content)
}

/// A bar for each part that has a goal, with all goals on one line.
fn ratios(comparison: &Comparison) -> String {
    let with_goals = comparison.parts().filter_map(|(row, part)| Some((row, part, part.goal?)));
    let parts: Vec<(&Row, &Part, f64)> = with_goals.collect();
    let count = float(u64::try_from(parts.len()).unwrap_or_default());
    let (height, scale) = (BAR * count, WIDTH - LEFT);
    let mut picture = format!("<svg viewBox=\"0 0 {WIDTH} {height}\" role=\"img\">\n");
    let mut top = 0.0;
    for (row, part, goal) in parts {
        let share = (part.ratio() / goal * GOAL_AT).clamp(0.0, 1.0);
        picture.push_str(&format!(
            "<text x=\"{:.1}\" y=\"{:.1}\" text-anchor=\"end\">{}</text>\
             <g class=\"{}\"><rect x=\"{LEFT}\" y=\"{:.1}\" width=\"{:.1}\" height=\"20\">\
             <title>{} of {}</title></rect></g>\n",
            LEFT - 10.0,
            top + 19.0,
            escape(&full_name(row, part)),
            if part.ratio() >= goal { "done" } else { "error" },
            top + 5.0,
            share * scale,
            digits(part.ratio()),
            digits(goal)
        ));
        top += BAR;
    }
    let goal = LEFT + GOAL_AT * scale;
    picture.push_str(&format!(
        "<line class=\"grid\" x1=\"{goal:.1}\" x2=\"{goal:.1}\" y1=\"0\" y2=\"{height}\"/>\n</svg>\n"
    ));
    if count > 0.0 { picture } else { String::new() }
}

fn medians(comparison: &Comparison) -> String {
    let mut lines = String::new();
    for (row, part) in comparison.parts() {
        let floor = match &part.bound {
            Bound::Floor(figures) | Bound::Time(figures) => spread(figures),
            Bound::Limit(_) => "limit".to_owned(),
        };
        let class = match part.verdict() {
            Some(Verdict::Reached) => "good",
            Some(Verdict::Missed) => "bad",
            Some(Verdict::Open) | None => "",
        };
        lines.push_str(&format!(
            "<tr><th>{}</th><td>{}</td><td>{}</td><td>{}</td><td>{floor}</td><td class=\"text\">{}</td>\
             <td>{}</td><td>{}</td><td class=\"text {class}\">{}</td></tr>\n",
            escape(&full_name(row, part)),
            digits(part.ours_median()),
            spread(&part.ours),
            digits(part.bound_median()),
            escape(part.unit),
            digits(part.ratio()),
            between(part.interval()),
            goal(part)
        ));
    }
    for row in &comparison.rows {
        if let Err(reason) = &row.measured {
            lines.push_str(&format!(
                "<tr><th>{}</th><td class=\"text bad\" colspan=\"8\">not measured: {}</td></tr>\n",
                escape(&row.name),
                escape(reason)
            ));
        }
    }
    let head = ["", "ours", "spread", "floor or limit", "spread", "unit", "ratio", "95% of it", "goal"];
    table(&head, &lines)
}

/// The method of a benchmark, and each of its rounds.
fn benchmark(row: &Row) -> String {
    let parts = row.measured.as_deref().unwrap_or_default();
    let mut content = String::new();
    for part in parts {
        if !part.name.is_empty() {
            content.push_str(&format!("<p><b>{}</b></p>\n", escape(&part.name)));
        }
        if part.ours.len() > 1 {
            content.push_str(&rounds(part));
        }
        content.extend(part.notes.iter().map(|note| format!("<p class=\"note\">{}</p>\n", escape(note))));
    }
    section(&escape(&row.name), &escape(&row.method), &content)
}

/// The figure of each round, and its bound.
fn rounds(part: &Part) -> String {
    let bound = match &part.bound {
        Bound::Floor(figures) | Bound::Time(figures) => ("floor", figures.clone()),
        Bound::Limit(limit) => ("limit", vec![*limit; part.ours.len()]),
    };
    let curve = |(name, class): (&str, &str), figures: &[f64]| Curve {
        name: format!("{name}, {}", part.unit),
        class: class.to_owned(),
        points: (1_u32..).map(f64::from).zip(figures.iter().copied()).collect(),
        label: digits,
    };
    let curves = vec![curve(("ours", "c1"), &part.ours), curve((bound.0, "c6"), &bound.1)];
    let max = curves.iter().flat_map(|curve| &curve.points).map(|(_, y)| *y).fold(0.0, f64::max);
    let last = curves.iter().flat_map(|curve| &curve.points).map(|(x, _)| *x).fold(1.0, f64::max);
    let ticks = curves.first().into_iter().flat_map(|curve| &curve.points);
    let ticks = ticks.map(|(x, _)| (*x, format!("round {x}"))).collect();
    Plot { x: Axis::of_ticks(ticks, last + 0.5), y: Axis::linear(max, round_number), curves }.svg()
}

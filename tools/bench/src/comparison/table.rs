//! A comparison as a table for a terminal.

use booked_plots::figures::digits;

use super::{Bound, Comparison, Part, Row, Verdict, statistics::range};

const HEAD: [&str; 7] = ["", "ours", "floor or limit", "unit", "ratio", "95% of it", "goal"];

#[must_use]
pub fn table(comparison: &Comparison) -> String {
    let mut cells = vec![HEAD.map(str::to_owned)];
    let mut remarks = Vec::new();
    for row in &comparison.rows {
        match &row.measured {
            Ok(parts) => {
                cells.extend(parts.iter().map(|part| line(row, part)));
                remarks.extend(parts.iter().flat_map(|part| {
                    part.notes.iter().map(|note| format!("{}: {note}", full_name(row, part)))
                }));
            }
            Err(reason) => remarks.push(format!("{}: NOT MEASURED: {reason}", row.name)),
        }
    }
    let mut lines = comparison.notes.clone();
    lines.push(String::new());
    lines.extend(aligned(&cells));
    lines.push(String::new());
    lines.extend(remarks);
    lines.push(verdicts(comparison));
    lines.extend(noise(comparison));
    lines.join("\n")
}

/// `size of catalogue: book`.
pub(super) fn full_name(row: &Row, part: &Part) -> String {
    if part.name.is_empty() { row.name.clone() } else { format!("{}: {}", row.name, part.name) }
}

/// `812–1,204`, if there are several figures.
pub(super) fn spread(figures: &[f64]) -> String {
    match range(figures) {
        Some(range) if figures.len() > 1 => between(range),
        _ => String::new(),
    }
}

/// `0.51–0.54`.
pub(super) fn between((low, high): (f64, f64)) -> String {
    format!("{}–{}", digits(low), digits(high))
}

/// `≥ 0.5 reached`; nothing without a goal.
pub(super) fn goal(part: &Part) -> String {
    let verdict = match part.verdict() {
        Some(Verdict::Reached) => "reached",
        Some(Verdict::Missed) => "MISSED",
        Some(Verdict::Open) => "open",
        None => return String::new(),
    };
    part.goal.map_or_else(String::new, |goal| format!("≥ {} {verdict}", digits(goal)))
}

/// How many goals are reached.
pub(super) fn verdicts(comparison: &Comparison) -> String {
    let count = |wanted| comparison.parts().filter(|(_, part)| part.verdict() == Some(wanted)).count();
    let unmeasured = comparison.rows.iter().filter(|row| row.measured.is_err()).count();
    format!(
        "Goals: {} reached, {} missed, {} open (within what was measured). Rows not measured: {unmeasured}.",
        count(Verdict::Reached),
        count(Verdict::Missed),
        count(Verdict::Open)
    )
}

/// Which ratios are not to be believed; none if all are.
pub(super) fn noise(comparison: &Comparison) -> Option<String> {
    let noisy = comparison.parts().filter(|(_, part)| part.is_noisy());
    let names: Vec<String> = noisy.map(|(row, part)| full_name(row, part)).collect();
    let text =
        || format!("Too noisy to be believed (repeat with more rounds, or alone): {}.", names.join("; "));
    (!names.is_empty()).then(text)
}

fn line(row: &Row, part: &Part) -> [String; 7] {
    let limit = match &part.bound {
        Bound::Floor(_) | Bound::Time(_) => "",
        Bound::Limit(_) => " (limit)",
    };
    [
        full_name(row, part),
        digits(part.ours_median()),
        format!("{}{limit}", digits(part.bound_median())),
        part.unit.to_owned(),
        digits(part.ratio()),
        if part.ours.len() > 1 { between(part.interval()) } else { String::new() },
        goal(part),
    ]
}

/// The first column is aligned to the left, the others to the right.
fn aligned(rows: &[[String; 7]]) -> Vec<String> {
    let widths: Vec<usize> = (0..HEAD.len())
        .map(|column| rows.iter().map(|row| row[column].chars().count()).max().unwrap_or_default())
        .collect();
    let cell = |(column, text): (usize, &String)| {
        let width = widths[column];
        if column == 0 { format!("{text:<width$}") } else { format!("{text:>width$}") }
    };
    let line = |row: &[String; 7]| row.iter().enumerate().map(cell).collect::<Vec<_>>().join("  ");
    rows.iter().map(|row| line(row).trim_end().to_owned()).collect()
}

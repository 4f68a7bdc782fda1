//! A comparison as a table for a terminal.

use booked_plots::figures::digits;

use super::{Bound, Comparison, Part, Row, range};

const HEAD: [&str; 8] = ["", "ours", "spread", "floor or limit", "spread", "unit", "ratio", "goal"];

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
    lines.push(verdict(&comparison.rows));
    lines.join("\n")
}

/// `size of catalogue: book`.
pub(super) fn full_name(row: &Row, part: &Part) -> String {
    if part.name.is_empty() { row.name.clone() } else { format!("{}: {}", row.name, part.name) }
}

/// `812–1,204`, if there are several figures.
pub(super) fn spread(figures: &[f64]) -> String {
    match range(figures) {
        Some((min, max)) if figures.len() > 1 => format!("{}–{}", digits(min), digits(max)),
        _ => String::new(),
    }
}

/// `≥ 0.5 reached`.
pub(super) fn goal(row: &Row, part: &Part) -> String {
    let (result, goal) = (if part.ratio() >= row.goal { "reached" } else { "MISSED" }, row.goal);
    format!("≥ {goal} {result}")
}

pub(super) fn verdict(rows: &[Row]) -> String {
    let count = |wanted| rows.iter().filter(|row| row.is_reached() == wanted).count();
    let (reached, missed, open) = (count(Some(true)), count(Some(false)), count(None));
    format!("Goals: {reached} reached, {missed} missed, {open} not measured.")
}

fn line(row: &Row, part: &Part) -> [String; 8] {
    let floor_spread = match &part.bound {
        Bound::Floor(figures) | Bound::Time(figures) => spread(figures),
        Bound::Limit(_) => "(limit)".to_owned(),
    };
    [
        full_name(row, part),
        digits(part.ours_median()),
        spread(&part.ours),
        digits(part.bound_median()),
        floor_spread,
        part.unit.to_owned(),
        digits(part.ratio()),
        goal(row, part),
    ]
}

/// The first column is aligned to the left, the others to the right.
fn aligned(rows: &[[String; 8]]) -> Vec<String> {
    let widths: Vec<usize> = (0..HEAD.len())
        .map(|column| rows.iter().map(|row| row[column].chars().count()).max().unwrap_or_default())
        .collect();
    let cell = |(column, text): (usize, &String)| {
        let width = widths[column];
        if column == 0 { format!("{text:<width$}") } else { format!("{text:>width$}") }
    };
    let line = |row: &[String; 8]| row.iter().enumerate().map(cell).collect::<Vec<_>>().join("  ");
    rows.iter().map(|row| line(row).trim_end().to_owned()).collect()
}

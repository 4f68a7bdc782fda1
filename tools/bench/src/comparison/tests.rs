//! Medians, ratios, and how a comparison is displayed.

use super::*;

fn row(name: &str, goal: f64, measured: Result<Vec<Part>, String>) -> Row {
    Row { name: name.to_owned(), goal, method: "Done <so>.".to_owned(), measured }
}

fn comparison() -> Comparison {
    let hop =
        Part::against_floor("req/s", vec![90.0, 110.0, 100.0], vec![80.0, 100.0, 120.0]).with_note("12 µs");
    let idle = Part::against_limit("MB", vec![20.0], 25.0).named("idle");
    let busy = Part::against_limit("MB", vec![125.0], 100.0).named("busy");
    Comparison {
        notes: vec!["2 cores".to_owned()],
        rows: vec![
            row("hop", 0.95, Ok(vec![hop])),
            row("memory", 1.0, Ok(vec![idle, busy])),
            row("browse", 0.5, Err("nginx is <missing>".to_owned())),
        ],
    }
}

fn near(one: f64, other: f64) -> bool {
    (one - other).abs() < 1e-9
}

#[test]
fn a_median_is_in_the_middle() {
    assert!(near(median(&[3.0, 1.0, 2.0]), 2.0));
    assert!(near(median(&[4.0, 1.0, 2.0, 3.0]), 2.5));
    assert!(near(median(&[7.0]), 7.0));
    assert!(near(median(&[]), 0.0));
}

#[test]
fn of_a_ratio_more_is_better_whatever_its_bound() {
    assert!(near(Part::against_floor("1/s", vec![50.0], vec![100.0]).ratio(), 0.5));
    assert!(near(Part::against_limit("ms", vec![50.0], 100.0).ratio(), 2.0));
    assert!(near(Part::against_time("ms", vec![50.0], vec![100.0]).ratio(), 2.0));
    assert!(near(Part::against_floor("1/s", vec![50.0], Vec::new()).ratio(), 0.0));
}

#[test]
fn the_worst_part_stands_for_a_row() {
    let comparison = comparison();
    let reached: Vec<Option<bool>> = comparison.rows.iter().map(Row::is_reached).collect();
    assert_eq!(reached, [Some(true), Some(false), None]);
    assert_eq!(comparison.rows[1].worst().unwrap().name, "busy");
}

#[test]
fn a_program_reads_each_row_by_its_name() {
    let json = serde_json::to_value(comparison()).unwrap();
    let row = &json["rows"][0];
    assert_eq!(row["name"], "hop");
    assert_eq!(row["unit"], "req/s");
    assert!(near(row["ours"].as_f64().unwrap(), 100.0) && near(row["floor"].as_f64().unwrap(), 100.0));
    assert!(near(row["ratio"].as_f64().unwrap(), 1.0) && near(row["goal"].as_f64().unwrap(), 0.95));
    assert!(near(json["rows"][1]["ratio"].as_f64().unwrap(), 0.8));
    assert_eq!(json["rows"][1]["parts"].as_array().unwrap().len(), 2);
    assert!(json["rows"][2]["ratio"].is_null());
    assert_eq!(json["rows"][2]["not_measured"], "nginx is <missing>");
}

#[test]
fn a_person_reads_medians_and_spread_and_what_was_not_measured() {
    let text = table(&comparison());
    for part in
        ["2 cores", "memory: busy", "90.0–110", "MISSED", "NOT MEASURED: nginx is <missing>", "hop: 12 µs"]
    {
        assert!(text.contains(part), "{part} is missing in:\n{text}");
    }
    assert!(text.ends_with("Goals: 1 reached, 1 missed, 1 not measured."));
}

#[test]
fn the_page_is_complete_and_loads_nothing() {
    let page = html(&comparison());
    assert!(page.starts_with("<!doctype html>") && page.ends_with("</html>\n"));
    assert!(page.contains("nginx is &lt;missing&gt;") && page.contains("Done &lt;so&gt;."));
    assert!(page.contains("<svg") && !page.contains("http") && !page.contains("NaN"));
}

//! Medians, ratios, and how a comparison is displayed.

use super::*;

fn row(name: &str, measured: Result<Vec<Part>, String>) -> Row {
    Row { name: name.to_owned(), method: "Done <so>.".to_owned(), measured }
}

fn comparison() -> Comparison {
    let hop = Part::against_floor("req/s", vec![90.0, 110.0, 100.0], vec![90.0, 100.0, 110.0])
        .with_goal(0.8)
        .with_note("12 µs");
    let idle = Part::against_limit("MB", vec![20.0], 25.0).named("idle");
    let busy = Part::against_limit("MB", vec![125.0], 100.0).named("busy");
    Comparison {
        notes: vec!["2 cores".to_owned()],
        rows: vec![
            row("hop", Ok(vec![hop])),
            row("memory", Ok(vec![idle, busy])),
            row("browse", Err("nginx is <missing>".to_owned())),
        ],
    }
}

fn near(one: f64, other: f64) -> bool {
    (one - other).abs() < 1e-9
}

#[test]
fn of_a_ratio_more_is_better_whatever_its_bound() {
    assert!(near(Part::against_floor("1/s", vec![50.0], vec![100.0]).ratio(), 0.5));
    assert!(near(Part::against_limit("ms", vec![50.0], 100.0).ratio(), 2.0));
    assert!(near(Part::against_time("ms", vec![50.0], vec![100.0]).ratio(), 2.0));
    assert!(near(Part::against_floor("1/s", vec![50.0], Vec::new()).ratio(), 0.0));
}

#[test]
fn a_ratio_is_the_median_of_those_of_the_pairs() {
    // The machine was four times slower in the last two rounds; the medians of all would give 0.4.
    let part = Part::against_floor("1/s", vec![40.0, 10.0, 10.0], vec![100.0, 25.0, 20.0]);
    assert!(near(part.ratio(), 0.4));
    let part = Part::against_floor("1/s", vec![100.0, 20.0, 20.0], vec![200.0, 200.0, 40.0]);
    assert!(near(part.ratio(), 0.5));
}

#[test]
fn a_goal_within_the_interval_is_open() {
    let part = |goal| Part::against_floor("1/s", vec![9.0, 10.0, 11.0], vec![10.0; 3]).with_goal(goal);
    let verdicts = [0.9, 1.0, 1.1, 1.2].map(|goal| part(goal).verdict());
    let expected = [Verdict::Reached, Verdict::Open, Verdict::Open, Verdict::Missed];
    assert_eq!(verdicts, expected.map(Some));
    assert_eq!(Part { goal: None, ..part(1.0) }.verdict(), None);
}

#[test]
fn ratios_that_differ_by_more_than_a_fifth_are_noise() {
    let part = |last| Part::against_floor("1/s", vec![9.5, 10.0, last], vec![10.0; 3]);
    assert!(!part(11.4).is_noisy());
    assert!(part(11.6).is_noisy());
}

#[test]
fn the_part_farthest_below_its_goal_stands_for_a_row() {
    let mut comparison = comparison();
    assert_eq!(comparison.rows[1].worst().unwrap().name, "busy");
    assert!(comparison.rows[2].worst().is_none());
    // A part without a goal does not.
    let low = Part::against_floor("1/s", vec![1.0], vec![100.0]).named("low");
    comparison.rows[1].measured.as_mut().unwrap().push(low);
    assert_eq!(comparison.rows[1].worst().unwrap().name, "busy");
}

#[test]
fn a_program_reads_each_row_by_its_name() {
    let json = serde_json::to_value(comparison()).unwrap();
    let row = &json["rows"][0];
    assert_eq!(row["name"], "hop");
    assert_eq!((row["verdict"].as_str(), row["worst"].as_str()), (Some("reached"), Some("")));
    assert!(near(row["ratio"].as_f64().unwrap(), 1.0) && near(row["goal"].as_f64().unwrap(), 0.8));
    let part = &row["parts"][0];
    assert_eq!((part["unit"].as_str(), part["is_noisy"].as_bool()), (Some("req/s"), Some(false)));
    assert_eq!(part["ours"].as_array().unwrap().len(), 3);
    assert!(near(json["rows"][1]["ratio"].as_f64().unwrap(), 0.8));
    assert_eq!(json["rows"][1]["parts"].as_array().unwrap().len(), 2);
    assert!(json["rows"][2]["ratio"].is_null());
    assert_eq!(json["rows"][2]["not_measured"], "nginx is <missing>");
}

#[test]
fn a_person_reads_ratios_and_what_was_not_measured_or_is_noise() {
    let mut comparison = comparison();
    let text = table(&comparison);
    for part in
        ["2 cores", "memory: busy", "0.91–1.10", "MISSED", "NOT MEASURED: nginx is <missing>", "hop: 12 µs"]
    {
        assert!(text.contains(part), "{part} is missing in:\n{text}");
    }
    assert!(text.contains("Goals: 2 reached, 1 missed, 0 open"), "{text}");
    assert!(!text.contains("noisy"), "{text}");
    let noisy = Part::against_floor("1/s", vec![5.0, 10.0], vec![10.0; 2]).named("search");
    comparison.rows.push(row("browse", Ok(vec![noisy])));
    for text in [table(&comparison), html(&comparison)] {
        assert!(text.contains("Too noisy to be believed") && text.contains("browse: search."), "{text}");
    }
}

#[test]
fn the_page_is_complete_and_loads_nothing() {
    let page = html(&comparison());
    assert!(page.starts_with("<!doctype html>") && page.ends_with("</html>\n"));
    assert!(page.contains("nginx is &lt;missing&gt;") && page.contains("Done &lt;so&gt;."));
    assert!(page.contains("<svg") && !page.contains("http") && !page.contains("NaN"));
}

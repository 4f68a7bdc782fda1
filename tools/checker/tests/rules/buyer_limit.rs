//! Rule 10: nobody has more of an event than one buyer may.

use booked_checker::{
    evidence::Evidence,
    history::{Line, Op},
};

use crate::{
    run::{ANN, BOB, Run},
    tamper::{assert_found, assert_unchecked},
};

/// Ann has two tickets and holds a third; Bob has two others.
fn sale() -> Run {
    let mut run = Run::of(8);
    for (user, count) in [(ANN, 2), (BOB, 2)] {
        let held = run.reserve(user, count);
        assert!(run.book(user, &held));
    }
    run.reserve(ANN, 1);
    run
}

/// As if this had been the limit all the time.
fn limit(evidence: &mut Evidence, limit: u32) {
    for line in &mut evidence.history {
        let Line::Call(call) = line else { continue };
        if let Op::CreateEvent { max_per_buyer, .. } = &mut call.op {
            *max_per_buyer = Some(limit);
        }
    }
}

#[test]
fn more_tickets_than_the_limit_are_found_in_the_ledger() {
    assert_found(10, "had 2 tickets", sale().evidence(), |evidence| {
        limit(evidence, 1);
        evidence.history.retain(|line| {
            !matches!(line, Line::Call(call) if matches!(call.op, Op::Reserve { .. } | Op::Book { .. }))
        });
    });
}

#[test]
fn more_held_and_bought_than_the_limit_is_found_from_what_clients_recorded_alone() {
    assert_found(10, "certainly held and had 3 tickets", sale().evidence(), |evidence| {
        limit(evidence, 2);
        let history = std::mem::take(&mut evidence.history);
        *evidence = Evidence { history, ..Evidence::default() };
    });
}

#[test]
fn what_was_cancelled_counts_no_more() {
    let mut run = sale();
    run.cancel(ANN, 2);
    let held = run.reserve(ANN, 2);
    assert!(run.book(ANN, &held));
    let mut evidence = run.evidence();
    limit(&mut evidence, 3);
    let report = booked_checker::judge(&evidence);
    assert!(report.rules[9].findings.is_empty(), "{report}");
}

#[test]
fn after_a_loss_nobody_can_say_what_was_held() {
    let mut run = Run::of(8);
    run.fault(1_000, true);
    let held = run.reserve(ANN, 2);
    assert!(run.book(ANN, &held));
    assert_unchecked(10, "after Valkey may have lost", run.evidence(), |evidence| limit(evidence, 2));
}

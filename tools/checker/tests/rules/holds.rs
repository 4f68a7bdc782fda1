//! Rule 8: a hold can be booked until it expires, and belongs to one user.

use booked_checker::{
    evidence::Evidence,
    history::{Call, Fault, Line, Outcome},
};

use crate::{
    good::assert_valid,
    run::{ANN, BOB, MS, Run, SECOND},
    tamper::{assert_found, is_book, last},
};

/// Ann holds a seat; then Bob books a seat that he has held for this long.
fn booked_after(us: u64) -> Evidence {
    let mut run = Run::of(2);
    run.reserve(ANN, 1);
    let held = run.reserve(BOB, 1);
    run.pass(us);
    run.book(BOB, &held);
    run.evidence()
}

fn refuse(evidence: &mut Evidence, code: &str) {
    let book = last(evidence, is_book);
    book.outcome = Outcome::Fail { status: 400, code: code.to_owned() };
}

fn losing_writes(began_us: u64, valkey_may_lose_writes: bool) -> Line {
    let what = "made up".to_owned();
    Line::Fault(Fault { began_us, ended_us: began_us + SECOND, what, valkey_may_lose_writes })
}

#[test]
fn a_good_hold_that_is_refused_is_found() {
    for code in ["TICKET-02", "TICKET-03"] {
        assert_found(8, "refused a booking of what they certainly held", booked_after(0), |evidence| {
            refuse(evidence, code)
        });
    }
}

#[test]
fn what_is_booked_already_and_refused_is_found() {
    let mut run = Run::of(2);
    let held = run.reserve(ANN, 1);
    run.book(ANN, &held);
    run.book(ANN, &held);
    assert_found(8, "refused a booking of what they certainly held", run.evidence(), |evidence| {
        refuse(evidence, "TICKET-02")
    });
}

#[test]
fn a_hold_is_good_until_its_end_only() {
    let mut run = Run::of(2);
    let held = run.reserve(ANN, 1);
    run.pass(run.hold_us - 20 * MS);
    let now_us = run.now_us();
    run.book(ANN, &held);
    let mut evidence = run.evidence();
    let book: &mut Call = last(&mut evidence, is_book);
    assert!(book.sent_us > now_us);
    // The call takes longer to arrive than the hold lasts.
    book.ended_us += SECOND;
    refuse(&mut evidence, "TICKET-02");
    assert!(booked_checker::judge(&evidence).rules[7].findings.is_empty());
}

#[test]
fn a_refusal_is_excused_by_a_fault_that_made_valkey_lose_writes_and_by_no_other() {
    let violations = |valkey_may_lose_writes| {
        let mut evidence = booked_after(0);
        let sent_us = last(&mut evidence, is_book).sent_us;
        evidence.history.push(losing_writes(sent_us - SECOND, valkey_may_lose_writes));
        refuse(&mut evidence, "TICKET-02");
        booked_checker::judge(&evidence).rules[7].found
    };
    assert_eq!((violations(true), violations(false)), (0, 1));
}

#[test]
fn a_seat_that_two_hold_at_once_is_found() {
    let mut run = Run::of(1);
    run.reserve(ANN, 1);
    run.lose_holds();
    run.fault(0, true);
    run.reserve(BOB, 1);
    assert_found(8, "held twice at once", run.evidence(), |evidence| {
        evidence.history.retain(|line| !matches!(line, Line::Fault(_)));
    });
}

#[test]
fn a_seat_that_is_held_though_another_owns_it_is_found() {
    let mut run = Run::of(1);
    let held = run.reserve(ANN, 1);
    run.book(ANN, &held);
    let mut evidence = run.evidence();
    assert_valid(&booked_checker::judge(&evidence));
    let mut again = match &evidence.history[1] {
        Line::Call(call) => call.clone(),
        other => panic!("{other:?} is no reserve"),
    };
    let ended_us = last(&mut evidence, is_book).ended_us;
    (again.user, again.sent_us, again.ended_us) = (Some(BOB), ended_us + 1, ended_us + MS);
    assert_found(8, "held and owned at once", evidence, |evidence| evidence.history.push(Line::Call(again)));
}

//! Rule 11: what is sent again with its key is done once.

use booked_checker::{
    evidence::Evidence,
    history::{Call, Line, Op, Outcome, Response, Try},
};
use uuid::Uuid;

use crate::{
    run::{ANN, Run, SECOND},
    tamper::{assert_found, assert_unchecked, is_book, last},
};

const DONE: Outcome = Outcome::Ok(Response::Empty);

fn is_reserve(op: &Op) -> bool {
    matches!(op, Op::Reserve { .. })
}

fn is_cancel(op: &Op) -> bool {
    matches!(op, Op::Cancel { .. })
}

fn lost() -> Outcome {
    Outcome::Unknown { cause: "connection lost".to_owned() }
}

/// Ann books four seats, two at a time, and cancels two.
fn sale() -> Run {
    let mut run = Run::of(8);
    for _ in 0..2 {
        let held = run.reserve(ANN, 2);
        run.book(ANN, &held);
    }
    run.pass(SECOND);
    run.cancel(ANN, 2);
    run
}

/// As if the last such call had been two requests with one key, both sent when it was sent, with these answers.
fn as_two(evidence: &mut Evidence, is_op: fn(&Op) -> bool, answers: [(Outcome, bool); 2]) {
    let call = last(evidence, is_op);
    let (sent_us, ended_us) = (call.sent_us, call.ended_us);
    let tries = answers.map(|(outcome, replayed)| Try { sent_us, ended_us, outcome, replayed });
    *call = Call::of_tries(call.user, call.op.clone(), Uuid::from_u128(0xeeee), tries.into());
}

pub(crate) fn lose_first_answer(evidence: &mut Evidence, is_op: fn(&Op) -> bool) {
    let outcome = last(evidence, is_op).outcome.clone();
    as_two(evidence, is_op, [(lost(), false), (outcome, true)]);
}

#[test]
fn calls_that_were_sent_again_because_an_answer_was_lost_are_simply_done() {
    let mut evidence = sale().evidence();
    for is_op in [is_reserve, is_book, is_cancel] {
        lose_first_answer(&mut evidence, is_op);
    }
    let report = booked_checker::judge(&evidence);
    crate::good::assert_valid(&report);
    assert_eq!(report.rules[10].checked["calls that were sent again with their key"], 3);
}

#[test]
fn a_cancel_that_was_done_again_when_it_was_sent_again_is_found() {
    let mut run = sale();
    run.cancel(ANN, 2);
    assert_found(6, "2 times according to the ledger; 1 such calls", run.evidence(), |evidence| {
        let is_first = |line: &Line| !matches!(line, Line::Call(call) if is_cancel(&call.op));
        let second = evidence.history.iter().rposition(|line| !is_first(line)).unwrap();
        evidence.history.remove(second);
        lose_first_answer(evidence, is_cancel);
    });
}

/// Whether it was done is unknown, but it was not done more often than once.
#[test]
fn a_cancel_without_any_answer_that_was_done_twice_is_found() {
    let mut run = sale();
    run.cancel(ANN, 2);
    assert_found(6, "the outcome of 1 is unknown", run.evidence(), |evidence| {
        let second = evidence.history.iter().rposition(|line| matches!(line, Line::Call(_))).unwrap();
        evidence.history.remove(second);
        as_two(evidence, is_cancel, [(lost(), false), (lost(), false)]);
    });
}

#[test]
fn different_answers_to_requests_with_one_key_are_found() {
    let words = "had different answers";
    assert_found(11, words, sale().evidence(), |evidence| {
        let first = last(evidence, is_reserve).outcome.clone();
        let Outcome::Ok(Response::Held { mut ticket_ids, expires_unix_time }) = first.clone() else {
            panic!("it was granted")
        };
        ticket_ids.pop();
        let other = Outcome::Ok(Response::Held { ticket_ids, expires_unix_time });
        as_two(evidence, is_reserve, [(first, false), (other, true)]);
    });
    assert_found(11, words, sale().evidence(), |evidence| {
        let refused = Outcome::Fail { status: 400, code: "TICKET-02".to_owned() };
        as_two(evidence, is_book, [(DONE, false), (refused, false)]);
    });
}

#[test]
fn valkey_may_forget_a_refusal_but_nothing_that_it_has_done() {
    let refused = || Outcome::Fail { status: 400, code: "TICKET-01".to_owned() };
    let mut evidence = sale().evidence();
    let held = last(&mut evidence, is_reserve).outcome.clone();
    as_two(&mut evidence, is_reserve, [(refused(), false), (held, false)]);
    crate::good::assert_valid(&booked_checker::judge(&evidence));

    assert_found(11, "had different answers", sale().evidence(), |evidence| {
        let held = last(evidence, is_reserve).outcome.clone();
        as_two(evidence, is_reserve, [(held, false), (refused(), false)]);
        let Some(keyed) = &mut last(evidence, is_reserve).keyed else { panic!("it has a key") };
        let answered_us = keyed.tries[0].ended_us;
        (keyed.tries[1].sent_us, keyed.tries[1].ended_us) = (answered_us + 1, answered_us + 2);
    });
}

#[test]
fn a_repeat_that_was_done_itself_is_found() {
    for is_op in [is_reserve, is_book, is_cancel] {
        assert_found(11, "2 requests with key", sale().evidence(), |evidence| {
            let outcome = last(evidence, is_op).outcome.clone();
            as_two(evidence, is_op, [(outcome.clone(), false), (outcome, false)]);
        });
    }
}

/// Ann's reservation is sent again after Valkey has lost everything, and is granted anew.
#[test]
fn requests_whose_key_was_lost_are_calls_of_their_own() {
    let mut run = Run::of(8);
    let held = run.reserve(ANN, 2);
    run.lose_holds();
    run.fault(50 * SECOND, true);
    assert_eq!(run.reserve(ANN, 2), held);
    run.pass(20 * SECOND);
    assert!(run.book(ANN, &held), "long after the first hold has expired");
    let mut evidence = run.evidence();

    let second =
        evidence.history.iter().rposition(|line| matches!(line, Line::Call(call) if is_reserve(&call.op)));
    let Line::Call(second) = evidence.history.remove(second.unwrap()) else { panic!("it is a call") };
    let first = last(&mut evidence, is_reserve);
    let tries = [first.clone(), second].map(|call| Try {
        sent_us: call.sent_us,
        ended_us: call.ended_us,
        outcome: call.outcome,
        replayed: false,
    });
    *first = Call::of_tries(Some(ANN), first.op.clone(), Uuid::from_u128(0xeeee), tries.into());
    crate::good::assert_valid(&booked_checker::judge(&evidence));
}

#[test]
fn only_keys_that_valkey_keeps_are_lost_with_it() {
    let twice_done = |evidence: &mut Evidence, is_op| {
        let outcome = last(evidence, is_op).outcome.clone();
        as_two(evidence, is_op, [(outcome.clone(), false), (outcome, false)]);
    };
    let mut run = Run::of(8);
    run.reserve(ANN, 2);
    run.fault(1_000, true);
    assert_unchecked(11, "Valkey may have lost", run.evidence(), |evidence| twice_done(evidence, is_reserve));

    let mut run = Run::of(8);
    let held = run.reserve(ANN, 2);
    run.book(ANN, &held);
    run.fault(1_000, true);
    assert_found(11, "2 requests with key", run.evidence(), |evidence| twice_done(evidence, is_book));
}

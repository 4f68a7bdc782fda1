//! Rule 7: the waitlist is told in order.

use booked_checker::{
    evidence::Evidence,
    history::{Call, Line, Op, Outcome},
};

use crate::{
    bend::{found, last, not_judged, ticketing},
    run::{ANN, BOB, CAT, Run},
};

/// Ann, Bob and Cat wait in this order; two seats come free, and Ann and Bob are told.
fn told() -> Evidence {
    let mut run = Run::of(2);
    let held = run.reserve(ANN, 2);
    for user in [ANN, BOB, CAT] {
        assert!(run.wait(user, 1));
    }
    run.release(ANN, &held);
    run.tell();
    run.evidence()
}

fn waits(op: &Op) -> bool {
    matches!(op, Op::AddToWaitlist { .. })
}

fn of_bob(evidence: &mut Evidence) -> &mut Call {
    let calls = evidence.history.iter_mut().filter_map(|line| match line {
        Line::Call(call) if call.user == Some(BOB) => Some(call),
        _ => None,
    });
    calls.into_iter().find(|call| waits(&call.op)).unwrap()
}

#[test]
fn a_place_that_was_lost_is_found() {
    found(7, "place in the line is lost", told(), |evidence| ticketing(evidence).waiting.clear());
    found(7, "place in the line is lost", told(), |evidence| {
        ticketing(evidence).messages.remove(0);
    });
}

#[test]
fn somebody_who_is_told_twice_is_found() {
    found(7, "more often than they asked", told(), |evidence| {
        let mut again = ticketing(evidence).messages[0].clone();
        again.number = 100;
        ticketing(evidence).messages.push(again);
    });
}

#[test]
fn somebody_who_is_told_and_never_asked_is_found() {
    found(7, "more often than they asked", told(), |evidence| of_bob(evidence).op = Op::ListBookings);
}

#[test]
fn somebody_who_is_told_of_too_many_is_found() {
    found(7, "more seats than were asked for", told(), |evidence| ticketing(evidence).messages[0].seats = 2);
}

#[test]
fn somebody_who_is_told_out_of_turn_is_found() {
    let words = "before one who joined earlier";
    found(7, words, told(), |evidence| {
        let messages = &mut ticketing(evidence).messages;
        (messages[0].user, messages[1].user) = (BOB, ANN);
    });
    found(7, words, told(), |evidence| {
        let ticketing = ticketing(evidence);
        std::mem::swap(&mut ticketing.messages[1].user, &mut ticketing.waiting[0].user);
    });
}

#[test]
fn an_order_in_which_two_wait_that_is_not_theirs_is_found() {
    let mut run = Run::of(2);
    run.reserve(ANN, 2);
    run.wait(BOB, 1);
    run.wait(CAT, 1);
    found(7, "before one who joined earlier", run.evidence(), |evidence| {
        let waiting = &mut ticketing(evidence).waiting;
        (waiting[0].user, waiting[1].user) = (CAT, BOB);
    });
}

#[test]
fn more_seats_announced_than_came_free_are_found() {
    let mut run = Run::of(2);
    let held = run.reserve(ANN, 2);
    run.wait(BOB, 2);
    run.release(ANN, &held);
    run.tell();
    found(7, "2 seats were announced, and 1 came free", run.evidence(), |evidence| {
        crate::bend::seen(evidence).map.meta.freed = 1;
    });
}

#[test]
fn two_whose_calls_overlapped_have_no_order() {
    let mut evidence = told();
    let sent_us = of_bob(&mut evidence).sent_us;
    let ann = evidence.history.iter_mut().find_map(|line| match line {
        Line::Call(call) if call.user == Some(ANN) && waits(&call.op) => Some(call),
        _ => None,
    });
    ann.unwrap().ended_us = sent_us + 1;
    let messages = &mut ticketing(&mut evidence).messages;
    (messages[0].user, messages[1].user) = (BOB, ANN);
    crate::good::assert_right(&booked_checker::judge(&evidence));
}

#[test]
fn whose_join_may_have_been_done_has_no_place() {
    not_judged(7, "outcome is unknown", told(), |evidence| {
        last(evidence, waits).outcome = Outcome::Unknown { cause: "nothing".to_owned() };
    });
}

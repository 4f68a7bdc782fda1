//! Rule 7: the waitlist is notified in order.

use booked_checker::{
    evidence::Evidence,
    history::{Call, Line, Op, Outcome},
    judge,
};

use crate::{
    good::assert_valid,
    run::{ANN, BOB, CAT, Run},
    tamper::{assert_found, assert_unchecked, last, ticketing},
};

/// Ann, Bob and Cat wait in this order; two seats come free, and Ann and Bob are notified.
fn notified() -> Evidence {
    let mut run = Run::of(2);
    let held = run.reserve(ANN, 2);
    for user in [ANN, BOB, CAT] {
        assert!(run.wait(user, 1));
    }
    run.release(ANN, &held);
    run.notify();
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
    assert_found(7, "place in a waitlist is lost", notified(), |evidence| {
        ticketing(evidence).waitlist.clear()
    });
    assert_found(7, "place in a waitlist is lost", notified(), |evidence| {
        ticketing(evidence).notifications.remove(0);
    });
}

#[test]
fn a_place_that_ended_because_the_event_was_cancelled_is_not_lost() {
    let mut evidence = notified();
    let ticketing = ticketing(&mut evidence);
    let entry = ticketing.waitlist.remove(0);
    ticketing.told_of_cancel.insert((entry.event, entry.user));
    assert_valid(&judge(&evidence));
}

#[test]
fn a_user_who_is_notified_twice_is_found() {
    assert_found(7, "more often than they requested", notified(), |evidence| {
        let mut again = ticketing(evidence).notifications[0].clone();
        again.number = 100;
        ticketing(evidence).notifications.push(again);
    });
}

#[test]
fn a_user_who_is_notified_and_never_joined_is_found() {
    assert_found(7, "more often than they requested", notified(), |evidence| {
        of_bob(evidence).op = Op::ListBookings
    });
}

#[test]
fn a_user_who_is_offered_too_many_seats_is_found() {
    assert_found(7, "more seats than requested", notified(), |evidence| {
        ticketing(evidence).notifications[0].seats = 2
    });
}

#[test]
fn a_user_who_is_notified_out_of_turn_is_found() {
    let words = "before one who joined earlier";
    assert_found(7, words, notified(), |evidence| {
        let notifications = &mut ticketing(evidence).notifications;
        (notifications[0].user, notifications[1].user) = (BOB, ANN);
    });
    assert_found(7, words, notified(), |evidence| {
        let ticketing = ticketing(evidence);
        std::mem::swap(&mut ticketing.notifications[1].user, &mut ticketing.waitlist[0].user);
    });
}

#[test]
fn two_users_who_wait_in_the_wrong_order_are_found() {
    let mut run = Run::of(2);
    run.reserve(ANN, 2);
    run.wait(BOB, 1);
    run.wait(CAT, 1);
    assert_found(7, "before one who joined earlier", run.evidence(), |evidence| {
        let waitlist = &mut ticketing(evidence).waitlist;
        (waitlist[0].user, waitlist[1].user) = (CAT, BOB);
    });
}

#[test]
fn more_seats_offered_than_came_free_are_found() {
    let mut run = Run::of(2);
    let held = run.reserve(ANN, 2);
    run.wait(BOB, 2);
    run.release(ANN, &held);
    run.notify();
    assert_found(7, "were offered, and 1 came free", run.evidence(), |evidence| {
        crate::tamper::inspected(evidence).inventory.meta.freed = 1;
    });
}

#[test]
fn two_users_whose_calls_overlap_have_no_order() {
    let mut evidence = notified();
    let sent_us = of_bob(&mut evidence).sent_us;
    let ann = evidence.history.iter_mut().find_map(|line| match line {
        Line::Call(call) if call.user == Some(ANN) && waits(&call.op) => Some(call),
        _ => None,
    });
    ann.unwrap().ended_us = sent_us + 1;
    let notifications = &mut ticketing(&mut evidence).notifications;
    (notifications[0].user, notifications[1].user) = (BOB, ANN);
    crate::good::assert_valid(&booked_checker::judge(&evidence));
}

#[test]
fn a_join_of_unknown_outcome_has_no_place() {
    assert_unchecked(7, "of unknown outcome", notified(), |evidence| {
        last(evidence, waits).outcome = Outcome::Unknown { cause: "nothing".to_owned() };
    });
}

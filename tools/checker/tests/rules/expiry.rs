//! Rule 5: nothing is booked after its hold has expired.

use booked_checker::history::{Line, Op};

use crate::{
    run::{ANN, MS, Run, SECOND},
    tamper::{assert_found, assert_unchecked, is_book, last},
};

/// Ann books a seat at the last moment.
fn just_in_time() -> booked_checker::evidence::Evidence {
    let mut run = Run::of(1);
    let held = run.reserve(ANN, 1);
    run.pass(run.hold_us - 15 * MS);
    assert!(run.book(ANN, &held));
    run.evidence()
}

/// As if the hold had been granted this much earlier.
fn reserved_earlier(evidence: &mut booked_checker::evidence::Evidence, us: u64) {
    use booked_checker::history::{Outcome, Response};
    let reserve = last(evidence, |op| matches!(op, Op::Reserve { .. }));
    reserve.sent_us -= us;
    reserve.ended_us -= us;
    let Outcome::Ok(Response::Held { expires_unix_time, .. }) = &mut reserve.outcome else {
        panic!("it was held")
    };
    *expires_unix_time -= i64::try_from(us / SECOND).unwrap();
}

#[test]
fn a_booking_that_came_too_late_and_succeeded_is_found() {
    assert_found(5, "after its hold had expired", just_in_time(), |evidence| {
        reserved_earlier(evidence, 3 * SECOND)
    });
}

#[test]
fn it_is_found_from_what_clients_recorded_alone() {
    assert_found(5, "after its hold had expired", just_in_time(), |evidence| {
        reserved_earlier(evidence, 3 * SECOND);
        let history = std::mem::take(&mut evidence.history);
        *evidence = booked_checker::evidence::Evidence { history, ..Default::default() };
    });
}

#[test]
fn a_late_booking_again_after_a_cancel_is_found() {
    let mut run = Run::of(1);
    for _ in 0..2 {
        let held = run.reserve(ANN, 1);
        run.pass(run.hold_us - 15 * MS);
        run.book(ANN, &held);
        run.cancel(ANN, 1);
        run.pass(10 * SECOND);
    }
    assert_found(5, "after its hold had expired", run.evidence(), |evidence| {
        reserved_earlier(evidence, 3 * SECOND)
    });
}

#[test]
fn a_booking_of_what_was_never_held_is_found() {
    assert_found(5, "never held it", just_in_time(), |evidence| {
        evidence
            .history
            .retain(|line| !matches!(line, Line::Call(call) if matches!(call.op, Op::Reserve { .. })));
    });
}

#[test]
fn a_hold_that_is_used_a_second_time_after_a_cancel_is_found() {
    let mut run = Run::of(1);
    let held = run.reserve(ANN, 1);
    run.pass(SECOND);
    run.book(ANN, &held);
    run.cancel(ANN, 1);
    let again = run.reserve(ANN, 1);
    run.book(ANN, &again);
    assert_found(5, "never held it", run.evidence(), |evidence| {
        last(evidence, |op| matches!(op, Op::Reserve { .. })).op = Op::ListBookings;
    });
}

#[test]
fn a_hold_whose_answer_was_lost_is_not_judged() {
    assert_unchecked(5, "of unknown outcome", just_in_time(), |evidence| {
        let reserve = last(evidence, |op| matches!(op, Op::Reserve { .. }));
        reserve.outcome = booked_checker::history::Outcome::Unknown { cause: "nothing".to_owned() };
    });
}

#[test]
fn a_booking_that_is_repeated_later_is_not_a_first_one() {
    let mut run = Run::of(1);
    let held = run.reserve(ANN, 1);
    run.book(ANN, &held);
    run.pass(2 * run.hold_us);
    run.book(ANN, &held);
    let mut evidence = run.evidence();
    assert_eq!(last(&mut evidence, is_book).user, Some(ANN));
    crate::good::assert_valid(&booked_checker::judge(&evidence));
}

//! Rule 4: analytics counts what the ledger says at its cursor.

use booked_checker::evidence::{Counts, Evidence};

use crate::{
    run::{ANN, Run},
    tamper::{assert_found, assert_unchecked, ticketing},
};

fn counted() -> Evidence {
    let mut run = Run::of(4);
    let held = run.reserve(ANN, 3);
    run.book(ANN, &held);
    run.cancel(ANN, 1);
    run.evidence()
}

#[test]
fn every_count_that_differs_is_found() {
    let changes: [fn(&mut Counts); 6] = [
        |counts| counts.ever_booked += 1,
        |counts| counts.cancelled -= 1,
        |counts| counts.total_seats = Some(5),
        |counts| counts.version += 1,
        |counts| counts.deleted = true,
        |counts| *counts.booked_now.values_mut().next().unwrap() += 1,
    ];
    for change in changes {
        assert_found(4, "differ about event", counted(), |evidence| {
            change(evidence.analytics.as_mut().unwrap().counts.values_mut().next().unwrap());
        });
    }
}

#[test]
fn an_event_that_is_not_counted_at_all_is_found() {
    assert_found(4, "differ about event", counted(), |evidence| {
        evidence.analytics.as_mut().unwrap().counts.clear();
    });
}

#[test]
fn what_is_counted_beyond_the_cursor_is_found() {
    assert_found(4, "differ about event", counted(), |evidence| {
        let last = ticketing(evidence).ledger.last().unwrap().position;
        evidence.analytics.as_mut().unwrap().cursor = last - 1;
    });
}

#[test]
fn rows_after_the_cursor_and_another_incarnation_are_not_judged() {
    assert_unchecked(4, "has not counted yet", counted(), |evidence| {
        let analytics = evidence.analytics.as_mut().unwrap();
        analytics.cursor = 0;
        analytics.counts.clear();
    });
    assert_unchecked(4, "another incarnation", counted(), |evidence| {
        let analytics = evidence.analytics.as_mut().unwrap();
        analytics.incarnation = "another".to_owned();
        analytics.counts.clear();
    });
}

//! Rule 9: abandoned seats come back.

use booked_checker::{evidence::Evidence, judge};

use crate::{
    bend::{found, seen},
    good::assert_right,
    run::{ANN, Run},
};

fn held() -> Evidence {
    let mut run = Run::of(2);
    run.reserve(ANN, 1);
    run.evidence()
}

fn overdue(evidence: &mut Evidence) {
    let map = &mut seen(evidence).map;
    let now = map.now_unix_ms;
    map.holds.insert(1, now - 1);
}

#[test]
fn a_hold_that_ran_out_and_stays_is_found() {
    found(9, "was not taken back", held(), overdue);
}

#[test]
fn a_claim_that_is_overdue_and_stays_is_found() {
    found(9, "is not settled", held(), |evidence| {
        let map = &mut seen(evidence).map;
        map.holds.clear();
        map.claims.insert(1, "00000000-0000-0000-0000-000000000001|book|a|1".to_owned());
        map.settling.insert(1, map.now_unix_ms - 1);
    });
}

#[test]
fn one_that_is_taken_back_at_a_later_look_is_right() {
    let mut evidence = held();
    let later = evidence.looks[0].clone();
    overdue(&mut evidence);
    evidence.looks.push(later);
    assert_right(&judge(&evidence));
}

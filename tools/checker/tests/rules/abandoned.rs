//! Rule 9: abandoned seats become free again.

use booked_checker::{evidence::Evidence, judge};

use crate::{
    good::assert_valid,
    run::{ANN, Run},
    tamper::{assert_found, inspected},
};

fn held() -> Evidence {
    let mut run = Run::of(2);
    run.reserve(ANN, 1);
    run.evidence()
}

fn overdue(evidence: &mut Evidence) {
    let inventory = &mut inspected(evidence).inventory;
    let now = inventory.now_unix_ms;
    inventory.holds.insert(1, now - 1);
}

#[test]
fn a_hold_that_expired_and_stays_is_found() {
    assert_found(9, "and the seat is not free", held(), overdue);
}

#[test]
fn a_claim_that_is_overdue_and_stays_is_found() {
    assert_found(9, "is not settled", held(), |evidence| {
        let inventory = &mut inspected(evidence).inventory;
        inventory.holds.clear();
        inventory.claims.insert(1, "00000000-0000-0000-0000-000000000001|book|a|1".to_owned());
        inventory.settling.insert(1, inventory.now_unix_ms - 1);
    });
}

#[test]
fn one_that_is_free_at_a_later_inspection_is_right() {
    let mut evidence = held();
    let later = evidence.inspections[0].clone();
    overdue(&mut evidence);
    evidence.inspections.push(later);
    assert_valid(&judge(&evidence));
}

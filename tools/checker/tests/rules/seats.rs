//! Rule 3: free + held + settling + sold = seats.

use booked_checker::{
    evidence::{Evidence, InspectedEvent},
    history::{Op, Outcome, Response},
    judge,
};

use crate::{
    good::assert_valid,
    run::{ANN, BOB, Run},
    tamper::{assert_found, assert_unchecked, inspected, last, ticketing},
};

/// Of four seats Ann has the first, and Bob holds the second.
fn quiet() -> Evidence {
    let mut run = Run::of(4);
    let held = run.reserve(ANN, 1);
    run.book(ANN, &held);
    run.reserve(BOB, 1);
    run.read();
    run.evidence()
}

type Change = fn(&mut InspectedEvent);

#[test]
fn whatever_is_wrong_with_an_inventory_is_found() {
    let changes: [(&str, Change); 13] = [
        ("is sold", |it| {
            it.inventory.taken.remove(&1);
        }),
        ("neither held nor settling nor sold", |it| {
            it.inventory.taken.insert(3);
        }),
        ("neither held nor settling nor sold", |it| {
            it.inventory.holds.remove(&2);
        }),
        ("and held in Valkey", |it| {
            it.inventory.holds.insert(1, i64::MAX);
        }),
        ("its bit is clear", |it| {
            it.inventory.taken.remove(&2);
        }),
        ("its bit is clear", |it| {
            it.inventory.claims.insert(3, "attempt".to_owned());
        }),
        ("wrong by 1", |it| it.inventory.meta.taken += 1),
        ("has 5 seats in Valkey and 4 in Postgres", |it| it.inventory.meta.capacity += 1),
        ("beyond the capacity", |it| {
            it.inventory.taken.insert(5);
        }),
        ("below Valkey's hint", |it| it.inventory.meta.hint = 3),
        ("a claim without a deadline", |it| {
            it.inventory.settling.insert(2, i64::MAX);
        }),
        ("it is unknown for whom", |it| {
            it.inventory.holders.insert(2, None);
        }),
        ("deleted or unknown in Postgres", |it| it.row = None),
    ];
    for (words, change) in changes {
        assert_found(3, words, quiet(), |evidence| change(inspected(evidence)));
    }
}

#[test]
fn what_looks_wrong_at_every_inspection_is_found() {
    assert_found(3, "neither held nor settling nor sold", quiet(), |evidence| {
        inspected(evidence).inventory.taken.insert(3);
        let again = evidence.inspections[0].clone();
        evidence.inspections.push(again);
    });
}

#[test]
fn what_looks_wrong_in_different_ways_is_a_busy_system() {
    assert_unchecked(3, "the system was busy", quiet(), |evidence| {
        // First sold and free, then free and not sold: it was cancelled in between.
        let inspected = inspected(evidence);
        inspected.inventory.taken.remove(&1);
        inspected.inventory.meta.taken -= 1;
        let mut later = evidence.inspections[0].clone();
        later.events.values_mut().for_each(|it| it.sold.clear());
        evidence.inspections.push(later);
    });
}

#[test]
fn a_settling_seat_is_as_good_as_a_held_one() {
    let mut evidence = quiet();
    let inventory = &mut inspected(&mut evidence).inventory;
    inventory.holds.clear();
    inventory.claims.insert(2, "attempt|book|user|1".to_owned());
    inventory.settling.insert(2, inventory.now_unix_ms + 1);
    assert_valid(&judge(&evidence));
}

#[test]
fn tickets_beyond_the_seats_are_found() {
    assert_found(3, "tickets beyond them", quiet(), |evidence| {
        for row in ticketing(evidence).events.values_mut() {
            row.seat_count = 0;
        }
    });
}

#[test]
fn an_event_that_two_services_know_differently_is_found() {
    assert_found(3, "ticketing and the event service differ", quiet(), |evidence| {
        for row in evidence.events.as_mut().unwrap().values_mut() {
            row.seat_count = 5;
        }
    });
    assert_found(3, "ticketing and the event service differ", quiet(), |evidence| {
        evidence.events.as_mut().unwrap().clear()
    });
    assert_unchecked(3, "its feed is behind", quiet(), |evidence| {
        for row in evidence.events.as_mut().unwrap().values_mut() {
            row.version += 1;
        }
    });
}

fn show(evidence: &mut Evidence, seats: u32, free: u32) {
    let read = last(evidence, |op| matches!(op, Op::ReadEvent { .. }));
    read.outcome = Outcome::Ok(Response::Event { seat_count: seats, available_seats_count: free });
}

#[test]
fn impossible_answers_are_found() {
    assert_found(3, "5 of 4 seats", quiet(), |evidence| show(evidence, 4, 5));
    assert_found(3, "was shown with 5 seats", quiet(), |evidence| show(evidence, 5, 2));
    assert_found(3, "was shown with 3 seats", quiet(), |evidence| show(evidence, 3, 1));
    assert_found(3, "2 of its 4 were certainly taken", quiet(), |evidence| show(evidence, 4, 3));
}

#[test]
fn without_the_databases_it_says_what_it_did_not_judge() {
    assert_unchecked(3, "was not read", quiet(), |evidence| {
        *evidence = Evidence { history: std::mem::take(&mut evidence.history), ..Evidence::default() };
    });
}

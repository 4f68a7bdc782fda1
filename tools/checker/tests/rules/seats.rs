//! Rule 3: free + held + settling + sold = seats.

use booked_checker::{
    evidence::{Evidence, SeatsSeen},
    history::{Op, Outcome, Response},
    judge,
};

use crate::{
    bend::{found, last, not_judged, seen, ticketing},
    good::assert_right,
    run::{ANN, BOB, Run},
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

type Bend = fn(&mut SeatsSeen);

#[test]
fn whatever_is_wrong_with_a_map_is_found() {
    let bends: [(&str, Bend); 13] = [
        ("is sold", |seen| {
            seen.map.taken.remove(&1);
        }),
        ("neither held nor settling nor sold", |seen| {
            seen.map.taken.insert(3);
        }),
        ("neither held nor settling nor sold", |seen| {
            seen.map.holds.remove(&2);
        }),
        ("and held in Valkey", |seen| {
            seen.map.holds.insert(1, i64::MAX);
        }),
        ("its bit is clear", |seen| {
            seen.map.taken.remove(&2);
        }),
        ("its bit is clear", |seen| {
            seen.map.claims.insert(3, "attempt".to_owned());
        }),
        ("wrong by 1", |seen| seen.map.meta.taken += 1),
        ("has 5 seats in Valkey and 4 in Postgres", |seen| seen.map.meta.capacity += 1),
        ("beyond the capacity", |seen| {
            seen.map.taken.insert(5);
        }),
        ("below Valkey's hint", |seen| seen.map.meta.hint = 3),
        ("a claim without a deadline", |seen| {
            seen.map.settling.insert(2, i64::MAX);
        }),
        ("nobody knows for whom", |seen| {
            seen.map.holders.insert(2, None);
        }),
        ("deleted or unknown in Postgres", |seen| seen.row = None),
    ];
    for (words, bend) in bends {
        found(3, words, quiet(), |evidence| bend(seen(evidence)));
    }
}

#[test]
fn what_looks_wrong_at_every_look_is_found() {
    found(3, "neither held nor settling nor sold", quiet(), |evidence| {
        seen(evidence).map.taken.insert(3);
        let again = evidence.looks[0].clone();
        evidence.looks.push(again);
    });
}

#[test]
fn what_looks_wrong_in_different_ways_is_a_system_that_moves() {
    not_judged(3, "the system moved", quiet(), |evidence| {
        // First sold and free, then free and unsold: it was cancelled between.
        let seen = seen(evidence);
        seen.map.taken.remove(&1);
        seen.map.meta.taken -= 1;
        let mut later = evidence.looks[0].clone();
        later.events.values_mut().for_each(|seen| seen.sold.clear());
        evidence.looks.push(later);
    });
}

#[test]
fn a_settling_seat_is_as_good_as_a_held_one() {
    let mut evidence = quiet();
    let map = &mut seen(&mut evidence).map;
    map.holds.clear();
    map.claims.insert(2, "attempt|book|user|1".to_owned());
    map.settling.insert(2, map.now_unix_ms + 1);
    assert_right(&judge(&evidence));
}

#[test]
fn tickets_beyond_the_seats_are_found() {
    found(3, "tickets beyond them", quiet(), |evidence| {
        for row in ticketing(evidence).events.values_mut() {
            row.seat_count = 0;
        }
    });
}

#[test]
fn an_event_that_two_services_know_differently_is_found() {
    found(3, "is not at ticketing what it is", quiet(), |evidence| {
        for row in evidence.events.as_mut().unwrap().values_mut() {
            row.seat_count = 5;
        }
    });
    found(3, "is not at ticketing what it is", quiet(), |evidence| evidence.events.as_mut().unwrap().clear());
    not_judged(3, "its feed is behind", quiet(), |evidence| {
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
fn answers_that_cannot_be_are_found() {
    found(3, "5 of 4 seats", quiet(), |evidence| show(evidence, 4, 5));
    found(3, "was shown with 5 seats", quiet(), |evidence| show(evidence, 5, 2));
    found(3, "was shown with 3 seats", quiet(), |evidence| show(evidence, 3, 1));
    found(3, "2 of its 4 were surely taken", quiet(), |evidence| show(evidence, 4, 3));
}

#[test]
fn without_the_databases_it_says_what_it_did_not_judge() {
    not_judged(3, "was not read", quiet(), |evidence| {
        *evidence = Evidence { history: std::mem::take(&mut evidence.history), ..Evidence::default() };
    });
}

//! Rule 2: every booking that was acknowledged is there.

use booked_checker::{
    evidence::{Evidence, Fact},
    history::{Op, Outcome, Response},
};

use crate::{
    run::{ANN, Run},
    tamper::{assert_found, last, ticket, ticketing},
};

/// Ann has seats 1 and 2, and lists her bookings.
fn listed() -> Evidence {
    let mut run = Run::of(4);
    let held = run.reserve(ANN, 2);
    run.book(ANN, &held);
    run.list(ANN);
    run.evidence()
}

fn show(evidence: &mut Evidence, number: u32) {
    let listing = last(evidence, |op| matches!(op, Op::ListBookings));
    let Outcome::Ok(Response::Bookings(rows)) = &mut listing.outcome else { panic!("it was listed") };
    rows[0].number_of_tickets = number;
}

#[test]
fn a_booking_that_is_nowhere_is_found() {
    assert_found(2, "is not in the ledger", listed(), |evidence| {
        let ticketing = ticketing(evidence);
        ticketing.ledger.retain(|entry| !matches!(entry.fact, Fact::Booked(_)));
        ticketing.tickets.clear();
        ticketing.attempts.clear();
    });
}

#[test]
fn one_ticket_of_a_booking_that_is_nowhere_is_found() {
    assert_found(2, "is not in the ledger", listed(), |evidence| {
        let ticket = ticket(evidence, 2);
        let ticketing = ticketing(evidence);
        for entry in &mut ticketing.ledger {
            if let Fact::Booked(booked) = &mut entry.fact {
                booked.seats.retain(|seat| *seat == 1);
            }
        }
        ticketing.tickets.remove(&ticket);
    });
}

#[test]
fn a_second_booking_that_was_lost_after_the_first_was_cancelled_is_found() {
    let mut run = Run::of(1);
    for _ in 0..2 {
        let held = run.reserve(ANN, 1);
        run.book(ANN, &held);
        run.cancel(ANN, 1);
    }
    assert_found(2, "is not in the ledger", run.evidence(), |evidence| {
        let ledger = &mut ticketing(evidence).ledger;
        ledger.truncate(ledger.len() - 2);
    });
}

#[test]
fn a_listing_that_leaves_out_what_is_certain_is_found() {
    assert_found(2, ", and was shown 1", listed(), |evidence| show(evidence, 1));
}

#[test]
fn a_listing_that_shows_too_many_is_found() {
    assert_found(2, "can have had at most 2", listed(), |evidence| show(evidence, 3));
}

#[test]
fn a_listing_that_shows_what_was_cancelled_is_found() {
    let mut run = Run::of(4);
    let held = run.reserve(ANN, 2);
    run.book(ANN, &held);
    run.cancel(ANN, 1);
    run.list(ANN);
    assert_found(2, "can have had at most 1", run.evidence(), |evidence| show(evidence, 2));
}

//! Rule 1: the owners of a seat never overlap in time.

use booked_checker::evidence::{Evidence, Fact, Owner};
use booked_contract::feed::{CancelledTicket, TicketsBooked, TicketsCancelled};
use uuid::Uuid;

use crate::{
    run::{ANN, BOB, Run},
    tamper::{append, assert_found, is_book, last, ticket, ticketing},
};

/// Ann has seats 1 and 2.
fn sold() -> Evidence {
    let mut run = Run::of(4);
    let held = run.reserve(ANN, 2);
    run.book(ANN, &held);
    run.evidence()
}

fn booked(evidence: &Evidence, user: Uuid, seats: Vec<u32>) -> Fact {
    let event_id = ticket(evidence, 1).event().as_uuid();
    let booking_id = Uuid::from_u128(0xbad);
    Fact::Booked(TicketsBooked {
        booking_id,
        event_id,
        user_id: user,
        seats,
        booked_unix_ms: 1_893_499_300_000,
    })
}

#[test]
fn a_seat_that_is_booked_twice_in_the_ledger_is_found() {
    assert_found(1, "has two owners", sold(), |evidence| {
        let again = booked(evidence, BOB, vec![2]);
        append(evidence, again);
    });
}

#[test]
fn a_cancel_of_somebody_elses_ticket_is_found() {
    assert_found(1, "cancels what its user does not own", sold(), |evidence| {
        let event_id = ticket(evidence, 1).event().as_uuid();
        let gone = CancelledTicket { seat: 1, booking_id: Uuid::from_u128(0x101), booked_unix_ms: 0 };
        let cancelled = TicketsCancelled {
            event_id,
            user_id: BOB,
            tickets: vec![gone],
            cancelled_unix_ms: 1_893_499_300_000,
        };
        append(evidence, Fact::Cancelled(cancelled));
    });
}

#[test]
fn a_ticket_of_another_owner_than_in_the_ledger_is_found() {
    assert_found(1, "has another owner in the ledger", sold(), |evidence| {
        let (ticket, booking) = (ticket(evidence, 1), Uuid::from_u128(0x101));
        ticketing(evidence).tickets.insert(ticket, Owner { user: BOB, booking });
    });
}

#[test]
fn a_ticket_that_the_ledger_does_not_know_is_found() {
    assert_found(1, "has another owner in the ledger", sold(), |evidence| {
        let (ticket, booking) = (ticket(evidence, 3), Uuid::from_u128(0x101));
        ticketing(evidence).tickets.insert(ticket, Owner { user: ANN, booking });
    });
}

#[test]
fn a_ticket_that_is_gone_is_found() {
    assert_found(1, "is gone, though nobody cancelled it", sold(), |evidence| {
        let ticket = ticket(evidence, 1);
        ticketing(evidence).tickets.remove(&ticket);
    });
}

#[test]
fn a_seat_that_two_clients_were_told_is_theirs_is_found_without_a_database() {
    assert_found(1, "was sold to two users at once", sold(), |evidence| {
        let mut again = last(evidence, is_book).clone();
        again.user = Some(BOB);
        evidence.history.push(booked_checker::history::Line::Call(again));
        *evidence = Evidence { history: std::mem::take(&mut evidence.history), ..Evidence::default() };
    });
}

//! Rule 6: all or nothing.

use booked_checker::{
    evidence::{Evidence, Fact},
    history::{Line, Op, Outcome, Response},
    judge,
};
use booked_ids::TicketId;
use uuid::Uuid;

use crate::{
    good::assert_valid,
    run::{ANN, BOB, Run, SECOND},
    tamper::{assert_found, assert_unchecked, is_book, last, ticket, ticketing},
};

/// Ann books two seats, then another, and cancels one.
fn bought() -> Evidence {
    let mut run = Run::of(4);
    let held = run.reserve(ANN, 2);
    run.book(ANN, &held);
    let held = run.reserve(ANN, 1);
    run.book(ANN, &held);
    run.pass(SECOND);
    run.cancel(ANN, 1);
    run.evidence()
}

fn tamper_with_reserve(evidence: &mut Evidence, tamper: impl FnOnce(&mut Vec<Uuid>)) {
    let reserve = evidence.history.iter_mut().find_map(|line| match line {
        Line::Call(call) => match &mut call.outcome {
            Outcome::Ok(Response::Held { ticket_ids, .. }) => Some(ticket_ids),
            _ => None,
        },
        _ => None,
    });
    tamper(reserve.unwrap());
}

fn first_booking(evidence: &mut Evidence) -> &mut booked_contract::feed::TicketsBooked {
    let booked = ticketing(evidence).ledger.iter_mut().find_map(|entry| match &mut entry.fact {
        Fact::Booked(booked) => Some(booked),
        _ => None,
    });
    booked.unwrap()
}

#[test]
fn a_reservation_that_granted_something_else_is_found() {
    let words = "2 seats of event";
    assert_found(6, words, bought(), |evidence| {
        tamper_with_reserve(evidence, |ids| {
            ids.pop();
        })
    });
    assert_found(6, words, bought(), |evidence| tamper_with_reserve(evidence, |ids| ids[1] = ids[0]));
    assert_found(6, "not all of this event", bought(), |evidence| {
        let other = booked_ids::EventId::new(1, [1; 16]).ticket(booked_ids::SeatNumber::new(1).unwrap());
        tamper_with_reserve(evidence, |ids| ids[1] = other.as_uuid());
    });
}

#[test]
fn half_a_booking_is_found() {
    assert_found(6, "a part of a call's tickets", bought(), |evidence| {
        first_booking(evidence).seats.pop();
    });
}

#[test]
fn a_booking_made_of_two_calls_is_found() {
    assert_found(6, "or those of several calls", bought(), |evidence| first_booking(evidence).seats.push(3));
}

#[test]
fn a_booking_that_was_refused_and_is_there_is_found() {
    assert_found(6, "was refused, and is in the ledger", bought(), |evidence| {
        last(evidence, is_book).outcome = Outcome::Fail { status: 400, code: "TICKET-02".to_owned() };
    });
}

#[test]
fn a_booking_that_nobody_requested_is_found() {
    assert_found(6, "nobody requested", bought(), |evidence| {
        last(evidence, is_book).op = Op::ListBookings;
    });
}

#[test]
fn a_booking_that_was_there_before_it_was_requested_is_found() {
    assert_found(6, "nobody requested", bought(), |evidence| {
        let book = last(evidence, is_book);
        book.sent_us += 20 * SECOND;
        book.ended_us += 20 * SECOND;
    });
}

#[test]
fn a_booking_of_several_users_or_of_a_ticket_twice_is_found() {
    let words = "names a ticket twice, or several users";
    assert_found(6, words, bought(), |evidence| first_booking(evidence).seats.push(1));
    assert_found(6, words, bought(), |evidence| {
        let mut other = first_booking(evidence).clone();
        (other.user_id, other.seats) = (BOB, vec![4]);
        crate::tamper::append(evidence, Fact::Booked(other));
    });
}

#[test]
fn attempts_that_differ_from_the_ledger_are_found() {
    let attempt = |evidence: &mut Evidence| first_booking(evidence).booking_id;
    assert_found(6, "is void, and the ledger says otherwise", bought(), |evidence| {
        let attempt = attempt(evidence);
        ticketing(evidence).attempts.insert(attempt, false);
    });
    assert_found(6, "is booked, and the ledger says otherwise", bought(), |evidence| {
        ticketing(evidence).attempts.insert(Uuid::from_u128(0xbad), true);
    });
    assert_found(6, "was never settled", bought(), |evidence| {
        let attempt = attempt(evidence);
        ticketing(evidence).attempts.remove(&attempt);
    });
}

#[test]
fn a_cancel_that_did_nothing_or_was_not_requested_is_found() {
    assert_found(6, "0 times according to the ledger", bought(), |evidence| {
        ticketing(evidence).ledger.pop();
    });
    assert_found(6, "1 times according to the ledger; 0 such calls", bought(), |evidence| {
        last(evidence, |op| matches!(op, Op::Cancel { .. })).op = Op::ListBookings;
    });
    assert_found(6, "cancelled 1 tickets", bought(), |evidence| {
        let cancel = last(evidence, |op| matches!(op, Op::Cancel { .. }));
        let Op::Cancel { count, .. } = &mut cancel.op else { panic!("it is a cancel") };
        *count = 2;
    });
}

#[test]
fn a_cancel_of_an_earlier_ticket_is_found() {
    assert_found(6, "which is later", bought(), |evidence| {
        let first = first_booking(evidence).clone();
        let Some(Fact::Cancelled(cancelled)) =
            ticketing(evidence).ledger.last_mut().map(|entry| &mut entry.fact)
        else {
            panic!("the last was a cancel")
        };
        let gone = &mut cancelled.tickets[0];
        (gone.seat, gone.booking_id, gone.booked_unix_ms) =
            (first.seats[0], first.booking_id, first.booked_unix_ms);
    });
}

#[test]
fn of_one_booking_the_higher_seat_is_the_later() {
    let mut run = Run::of(2);
    let held = run.reserve(ANN, 2);
    run.book(ANN, &held);
    run.pass(SECOND);
    run.cancel(ANN, 1);
    assert_found(6, "which is later", run.evidence(), |evidence| {
        let Some(Fact::Cancelled(cancelled)) =
            ticketing(evidence).ledger.last_mut().map(|entry| &mut entry.fact)
        else {
            panic!("the last was a cancel")
        };
        assert_eq!(TicketId::from_uuid(held[1]).unwrap().seat().get(), cancelled.tickets[0].seat);
        cancelled.tickets[0].seat = 1;
    });
}

/// Ann has three tickets, and cancels the first of them by its name.
fn chosen() -> Evidence {
    let mut run = Run::of(4);
    let first = run.reserve(ANN, 1);
    run.book(ANN, &first);
    run.pass(SECOND);
    let held = run.reserve(ANN, 2);
    run.book(ANN, &held);
    run.pass(SECOND);
    assert!(run.cancel_tickets(ANN, &first));
    assert!(!run.cancel_tickets(BOB, &held));
    run.evidence()
}

fn is_cancel_of_chosen(op: &Op) -> bool {
    matches!(op, Op::CancelTickets { ticket_ids } if ticket_ids.len() == 1)
}

#[test]
fn chosen_tickets_need_not_be_the_latest_but_exactly_they_are_cancelled() {
    assert_valid(&judge(&chosen()));
    assert_found(6, "the ledger has no such cancel", chosen(), |evidence| {
        let latest = ticket(evidence, 3).as_uuid();
        let Op::CancelTickets { ticket_ids } = &mut last(evidence, is_cancel_of_chosen).op else {
            panic!("it is a cancel")
        };
        *ticket_ids = vec![latest];
    });
    assert_found(6, "0 times according to the ledger; 1 such calls", chosen(), |evidence| {
        ticketing(evidence).ledger.pop();
    });
    assert_found(6, "1 times according to the ledger; 0 such calls", chosen(), |evidence| {
        last(evidence, is_cancel_of_chosen).outcome =
            Outcome::Fail { status: 400, code: "TICKET-03".to_owned() };
    });
    assert_found(6, "which is later", chosen(), |evidence| {
        let event_id = ticket(evidence, 1).event().as_uuid();
        last(evidence, is_cancel_of_chosen).op = Op::Cancel { event_id, count: 1 };
    });
}

#[test]
fn what_others_did_is_not_judged() {
    assert_unchecked(6, "their users' calls are not in the history", bought(), |evidence| {
        evidence.history.clear()
    });
}

//! Tampers with evidence, and checks what is found in it then.

use booked_checker::{
    evidence::{Evidence, Fact, InspectedEvent, LedgerEntry, Ticketing},
    history::{Call, Line, Op},
    judge,
};
use booked_ids::{SeatNumber, TicketId};

use crate::good::assert_valid;

/// Tampers with valid evidence, and expects a finding of this rule that contains these words.
pub(crate) fn assert_found(rule: u8, words: &str, evidence: Evidence, tamper: impl FnOnce(&mut Evidence)) {
    let mut evidence = evidence;
    assert_valid(&judge(&evidence));
    tamper(&mut evidence);
    let report = judge(&evidence);
    let mut findings = report.rules.iter().filter(|it| it.number == rule).flat_map(|it| &it.findings);
    assert!(findings.any(|finding| finding.what.contains(words)), "no {words:?} of rule {rule} in\n{report}");
    assert!(!report.valid);
}

/// Tampers with valid evidence, and expects no finding, but that something with these words could not be judged.
pub(crate) fn assert_unchecked(
    rule: u8,
    words: &str,
    evidence: Evidence,
    tamper: impl FnOnce(&mut Evidence),
) {
    let mut evidence = evidence;
    tamper(&mut evidence);
    let report = judge(&evidence);
    assert_valid(&report);
    let mut unchecked = report.rules.iter().filter(|it| it.number == rule).flat_map(|it| it.unchecked.keys());
    assert!(unchecked.any(|why| why.contains(words)), "no {words:?} of rule {rule} in\n{report}");
}

pub(crate) fn ticketing(evidence: &mut Evidence) -> &mut Ticketing {
    evidence.ticketing.as_mut().unwrap()
}

/// The only event of the only inspection.
pub(crate) fn inspected(evidence: &mut Evidence) -> &mut InspectedEvent {
    evidence.inspections[0].events.values_mut().next().unwrap()
}

/// The last call of this operation.
pub(crate) fn last(evidence: &mut Evidence, is_op: impl Fn(&Op) -> bool) -> &mut Call {
    let calls = evidence.history.iter_mut().rev().filter_map(|line| match line {
        Line::Call(call) => Some(call),
        Line::Settings(_) | Line::Fault(_) => None,
    });
    calls.into_iter().find(|call| is_op(&call.op)).unwrap()
}

pub(crate) fn is_book(op: &Op) -> bool {
    matches!(op, Op::Book { .. })
}

/// Adds a row at the end of the ledger, which analytics has not counted.
pub(crate) fn append(evidence: &mut Evidence, fact: Fact) {
    let ledger = &mut ticketing(evidence).ledger;
    let last = ledger.last().unwrap().position;
    ledger.push(LedgerEntry { position: last + 100, fact });
}

pub(crate) fn ticket(evidence: &Evidence, seat: u32) -> TicketId {
    let event = evidence.events.as_ref().unwrap().keys().next().unwrap();
    event.ticket(SeatNumber::new(seat).unwrap())
}

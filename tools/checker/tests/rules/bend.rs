//! How evidence is bent, and what must be found in it then.

use booked_checker::{
    evidence::{Entry, Evidence, Happened, SeatsSeen, Ticketing},
    history::{Call, Line, Op},
    judge,
};
use booked_ids::{SeatNumber, TicketId};

use crate::good::assert_right;

/// Bends evidence that is right, and wants a finding of this rule that has these words.
pub(crate) fn found(rule: u8, words: &str, evidence: Evidence, bend: impl FnOnce(&mut Evidence)) {
    let mut evidence = evidence;
    assert_right(&judge(&evidence));
    bend(&mut evidence);
    let report = judge(&evidence);
    let mut findings = report.rules.iter().filter(|it| it.number == rule).flat_map(|it| &it.findings);
    assert!(findings.any(|finding| finding.what.contains(words)), "no {words:?} of rule {rule} in\n{report}");
    assert!(!report.right);
}

/// Bends evidence that is right, and wants nothing found, but that this could not be judged.
pub(crate) fn not_judged(rule: u8, words: &str, evidence: Evidence, bend: impl FnOnce(&mut Evidence)) {
    let mut evidence = evidence;
    bend(&mut evidence);
    let report = judge(&evidence);
    assert_right(&report);
    let mut unchecked = report.rules.iter().filter(|it| it.number == rule).flat_map(|it| it.unchecked.keys());
    assert!(unchecked.any(|why| why.contains(words)), "no {words:?} of rule {rule} in\n{report}");
}

pub(crate) fn ticketing(evidence: &mut Evidence) -> &mut Ticketing {
    evidence.ticketing.as_mut().unwrap()
}

/// The only event in the only look at Valkey.
pub(crate) fn seen(evidence: &mut Evidence) -> &mut SeatsSeen {
    evidence.looks[0].events.values_mut().next().unwrap()
}

/// The last call that asked this.
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
pub(crate) fn append(evidence: &mut Evidence, what: Happened) {
    let ledger = &mut ticketing(evidence).ledger;
    let last = ledger.last().unwrap().position;
    ledger.push(Entry { position: last + 100, what });
}

pub(crate) fn ticket(evidence: &Evidence, seat: u32) -> TicketId {
    let event = evidence.events.as_ref().unwrap().keys().next().unwrap();
    event.ticket(SeatNumber::new(seat).unwrap())
}

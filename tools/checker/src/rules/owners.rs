//! Rule 1: the owners of a seat never overlap in time: neither in the ledger, nor in what clients were told, nor in the
//! current tickets, which must be those that are not cancelled in the ledger.

use std::collections::HashMap;

use booked_ids::TicketId;

use crate::{
    case::{Case, Ownership, Span, describe},
    evidence::{Owner, Ticketing},
    report::RuleReport,
};

pub(super) fn judge(case: &Case<'_>, report: &mut RuleReport) {
    match &case.evidence.ticketing {
        Some(ticketing) => {
            ledger(case, report);
            tickets(case, ticketing, report);
        }
        None => report.unchecked("the ledger and the tickets: ticketing's database was not read"),
    }
    clients(case, report);
}

fn ledger(case: &Case<'_>, report: &mut RuleReport) {
    report.checked(case.ownerships.values().map(Vec::len).sum(), "ownerships in the ledger");
    for _ in 0..case.cancels_of_archived {
        report.unchecked(
            "cancels of tickets whose booking is archived: their owners are no longer in the ledger",
        );
    }
    for contradiction in &case.contradictions {
        report.violation(contradiction.what.clone(), contradiction.shown_by.clone());
    }
}

/// The tickets of a deleted event are removed gradually, so only those that are left are compared.
fn tickets(case: &Case<'_>, ticketing: &Ticketing, report: &mut RuleReport) {
    report.checked(ticketing.tickets.len(), "tickets");
    let owned: HashMap<TicketId, &Ownership> = case
        .ownerships
        .iter()
        .filter_map(|(ticket, owners)| Some((*ticket, owners.iter().rev().find(|it| it.until.is_none())?)))
        .collect();
    for (ticket, owner) in &ticketing.tickets {
        let in_ledger = owned.get(ticket).map(|it| Owner { user: it.user, booking: it.booking });
        if in_ledger.is_none() && ticketing.archived_attempts.contains(&owner.booking) {
            report.unchecked("tickets whose booking is archived: their owners are no longer in the ledger");
            continue;
        }
        if in_ledger.as_ref() != Some(owner) {
            let ledger = owned.get(ticket).map_or_else(|| "ledger: no owner".to_owned(), |it| row(it));
            let table = format!("tickets: user {}, attempt {}", owner.user, owner.booking);
            report.violation(format!("ticket {ticket} has another owner in the ledger"), [ledger, table]);
        }
    }
    for (ticket, ownership) in owned {
        if !ticketing.tickets.contains_key(&ticket) && !case.is_deleted(ticket.event()) {
            let what = format!("ticket {ticket} is gone, though nobody cancelled it");
            report.violation(what, [row(ownership)]);
        }
    }
}

fn row(ownership: &Ownership) -> String {
    let Ownership { user, booking, from, .. } = ownership;
    format!("ledger row {from}: booked by user {user}, attempt {booking}")
}

fn clients(case: &Case<'_>, report: &mut RuleReport) {
    report.checked(case.sold.values().map(Vec::len).sum(), "ownerships that clients certainly had");
    for (ticket, spans) in &case.sold {
        for (first, second) in
            overlapping(spans).into_iter().filter(|(first, second)| first.user != second.user)
        {
            report.violation(
                format!("ticket {ticket} was sold to two users at once"),
                [describe(first.call), describe(second.call)],
            );
        }
    }
}

pub(super) fn overlapping<'s, 'a>(spans: &'s [Span<'a>]) -> Vec<(&'s Span<'a>, &'s Span<'a>)> {
    let mut by_start: Vec<&Span<'a>> = spans.iter().collect();
    by_start.sort_by_key(|span| span.from_us);
    let later = |index: usize| by_start.iter().skip(index + 1);
    let pairs = by_start.iter().enumerate().flat_map(|(index, first)| {
        later(index).take_while(|second| second.from_us < first.until_us).map(move |second| (*first, *second))
    });
    pairs.collect()
}

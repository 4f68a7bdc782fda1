//! Rule 8: a granted hold can be booked until it expires, and belongs to one user, unless Valkey may have lost it.

use booked_ids::TicketId;
use uuid::Uuid;

use super::owners::overlapping;
use crate::{
    case::{Case, as_tickets, describe},
    history::{Call, Op, Outcome},
    report::RuleReport,
};

pub(super) fn judge(case: &Case<'_>, report: &mut RuleReport) {
    report.checked(case.held.values().map(Vec::len).sum(), "holds that clients certainly had");
    for (ticket, holds) in &case.held {
        for (first, second) in overlapping(holds) {
            let what = format!("ticket {ticket} was held twice at once");
            report.violation(what, [describe(first.call), describe(second.call)]);
        }
        for hold in holds {
            let owners = case.sold.get(ticket).into_iter().flatten();
            for owner in owners.filter(|owner| owner.overlaps(hold)) {
                let what = format!("ticket {ticket} was held and owned at once");
                report.violation(what, [describe(hold.call), describe(owner.call)]);
            }
        }
    }
    for call in case.calls.all() {
        if let (Some(user), Op::Book { ticket_ids }, Outcome::Fail { code, .. }) =
            (call.user, &call.op, &call.outcome)
            && (code == "TICKET-02" || code == "TICKET-03")
        {
            report.checked(1, "refused bookings");
            refused(case, user, call, ticket_ids, report);
        }
    }
}

/// A refusal is wrong if the user certainly had all its tickets from before it was sent until it was answered: then the
/// server decided within that time, however long the call took to arrive.
fn refused(case: &Case<'_>, user: Uuid, call: &Call, ids: &[Uuid], report: &mut RuleReport) {
    let tickets = as_tickets(ids);
    if ids.iter().any(|id| TicketId::from_uuid(*id).is_err()) || tickets.is_empty() {
        return;
    }
    if tickets.iter().any(|ticket| case.was_deleted_unrecorded(ticket.event())) {
        return report.unchecked("refused bookings of events whose deletion is not in the history");
    }
    let grants = tickets.iter().map(|ticket| granted(case, user, call, *ticket));
    if let Some(grants) = grants.collect::<Option<Vec<&Call>>>() {
        let what = format!("user {user} was refused a booking of what they certainly held");
        let mut grants: Vec<String> = grants.into_iter().map(describe).collect();
        grants.dedup();
        report.violation(what, grants.into_iter().chain([describe(call)]));
    }
}

/// The call by which the user certainly held or owned the ticket throughout.
fn granted<'a>(case: &Case<'a>, user: Uuid, call: &Call, ticket: TicketId) -> Option<&'a Call> {
    let until = case.after(call.ended_us);
    let held = case.held.get(&ticket).into_iter().flatten();
    let spans = held.chain(case.sold.get(&ticket).into_iter().flatten());
    spans.filter(|span| span.user == user).find(|span| span.covers(call.sent_us, until)).map(|span| span.call)
}

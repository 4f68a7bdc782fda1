//! Rule 8: a granted hold can be booked until it expires, and is one user's alone, unless Valkey may have forgotten it.

use booked_ids::TicketId;
use uuid::Uuid;

use super::owners::overlapping;
use crate::{
    case::{Case, as_tickets, told},
    history::{Call, Op, Outcome},
    report::RuleReport,
};

pub(super) fn judge(case: &Case<'_>, report: &mut RuleReport) {
    report.checked(case.held.values().map(Vec::len).sum(), "holds that clients are sure of");
    for (ticket, holds) in &case.held {
        for (first, second) in overlapping(holds) {
            let what = format!("ticket {ticket} was held twice at once");
            report.wrong(what, [told(first.call), told(second.call)]);
        }
        for hold in holds {
            let owners = case.sold.get(ticket).into_iter().flatten();
            for owner in owners.filter(|owner| owner.overlaps(hold)) {
                let what = format!("ticket {ticket} was held and owned at once");
                report.wrong(what, [told(hold.call), told(owner.call)]);
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

/// It is wrong where all its tickets were surely the user's, from before it was sent until it was answered: then the hold
/// was judged in time, however slow the way was.
fn refused(case: &Case<'_>, user: Uuid, call: &Call, ids: &[Uuid], report: &mut RuleReport) {
    let tickets = as_tickets(ids);
    if ids.iter().any(|id| TicketId::from_uuid(*id).is_err()) || tickets.is_empty() {
        return;
    }
    if tickets.iter().any(|ticket| case.vanished(ticket.event())) {
        return report.unchecked(
            "refused bookings of events that somebody deleted whose calls are not in the history",
        );
    }
    let grants = tickets.iter().map(|ticket| granted(case, user, call, *ticket));
    if let Some(grants) = grants.collect::<Option<Vec<&Call>>>() {
        let what = format!("user {user} was refused a booking of what they surely held");
        let mut grants: Vec<String> = grants.into_iter().map(told).collect();
        grants.dedup();
        report.wrong(what, grants.into_iter().chain([told(call)]));
    }
}

/// The call by which the user surely held or owned the ticket all the while.
fn granted<'a>(case: &Case<'a>, user: Uuid, call: &Call, ticket: TicketId) -> Option<&'a Call> {
    let until = case.after(call.ended_us);
    let held = case.held.get(&ticket).into_iter().flatten();
    let spans = held.chain(case.sold.get(&ticket).into_iter().flatten());
    spans.filter(|span| span.user == user).find(|span| span.covers(call.sent_us, until)).map(|span| span.call)
}

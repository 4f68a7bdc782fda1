//! Rule 10: of an event that was created with a limit for each buyer, nobody has more, by the ledger; and nobody holds and has
//! more by what clients recorded, unless Valkey may have lost what it had noted.

use std::collections::BTreeMap;

use booked_ids::{EventId, TicketId};
use uuid::Uuid;

use crate::{
    case::{Case, Span, describe},
    report::RuleReport,
};

pub(super) fn judge(case: &Case<'_>, report: &mut RuleReport) {
    for (event, limit) in case.calls.limits() {
        report.checked(1, "events with a limit");
        by_the_ledger(case, event, limit, report);
        by_the_clients(case, event, limit, report);
    }
}

fn by_the_ledger(case: &Case<'_>, event: EventId, limit: u32, report: &mut RuleReport) {
    let mut steps: BTreeMap<Uuid, Vec<(_, i64)>> = BTreeMap::new();
    let owned = case.ownerships.iter().filter(|(ticket, _)| ticket.event() == event);
    for ownership in owned.flat_map(|(_, ownerships)| ownerships) {
        let steps = steps.entry(ownership.user).or_default();
        steps.push((ownership.from, 1));
        steps.extend(ownership.until.map(|end| (end.position, -1)));
    }
    for (user, mut steps) in steps {
        // A row that takes away comes from a cancel, and gives nothing.
        steps.sort_unstable_by_key(|(position, _)| *position);
        let most = most(steps.into_iter().map(|(_, step)| step));
        if most > i64::from(limit) {
            let what =
                format!("user {user} had {most} tickets of event {event} at once, and {limit} is the limit");
            report.violation(what, []);
        }
    }
}

fn by_the_clients(case: &Case<'_>, event: EventId, limit: u32, report: &mut RuleReport) {
    // A ticket that is held and sold, or booked again, counts once.
    let mut by_user: BTreeMap<Uuid, BTreeMap<TicketId, Vec<&Span<'_>>>> = BTreeMap::new();
    for spans in [&case.held, &case.sold] {
        for (ticket, spans) in spans.iter().filter(|(ticket, _)| ticket.event() == event) {
            for span in spans {
                by_user.entry(span.user).or_default().entry(*ticket).or_default().push(span);
            }
        }
    }
    for (user, tickets) in by_user {
        let last = tickets.values().flatten().max_by_key(|span| span.call.sent_us);
        if last.is_some_and(|last| case.may_have_lost_writes(0, last.call.ended_us)) {
            report.unchecked("what a user held and had, after Valkey may have lost what was noted of them");
            continue;
        }
        let mut steps: Vec<(u64, i64)> = tickets.values().flat_map(|spans| joined(spans)).collect();
        // What ends at a moment ends before what begins then.
        steps.sort_unstable();
        let most = most(steps.into_iter().map(|(_, step)| step));
        if most > i64::from(limit) {
            let what = format!(
                "user {user} certainly held and had {most} tickets of event {event} at once, and {limit} is the limit"
            );
            report.violation(what, last.map(|span| describe(span.call)));
        }
    }
}

/// Where one ticket begins and ends to be the user's.
fn joined(spans: &[&Span<'_>]) -> Vec<(u64, i64)> {
    let mut spans: Vec<(u64, u64)> = spans.iter().map(|span| (span.from_us, span.until_us)).collect();
    spans.sort_unstable();
    let mut whole: Vec<(u64, u64)> = Vec::new();
    for (from, until) in spans {
        match whole.last_mut() {
            Some((_, end)) if from <= *end => *end = until.max(*end),
            _ => whole.push((from, until)),
        }
    }
    whole.into_iter().flat_map(|(from, until)| [(from, 1), (until, -1)]).collect()
}

/// The largest sum on the way.
fn most(steps: impl Iterator<Item = i64>) -> i64 {
    let sums = steps.scan(0_i64, |sum, step| {
        *sum += step;
        Some(*sum)
    });
    sums.max().unwrap_or_default()
}

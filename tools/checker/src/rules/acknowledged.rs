//! Rule 2: every booking that was answered 200 is there: in the ledger, and in what listings show. (Together with rule
//! 1 it follows that it is among the current tickets, unless it was cancelled or deleted since; with rule 6, that
//! nothing was cancelled without being requested.)

use std::collections::{BTreeMap, BTreeSet};

use booked_ids::{EventId, TicketId};
use uuid::Uuid;

use crate::{
    case::{Case, Ownership, Span, as_tickets, describe, is_done},
    history::{Call, Op, Outcome, Response},
    report::RuleReport,
};

pub(super) fn judge(case: &Case<'_>, report: &mut RuleReport) {
    let in_ledger = case.evidence.ticketing.is_some();
    if !in_ledger {
        report.unchecked("whether bookings are in the ledger: ticketing's database was not read");
    }
    let owned = by_user(case);
    for call in case.calls.all().filter(|call| is_done(call)) {
        let Some(user) = call.user else { continue };
        match (&call.op, &call.outcome) {
            (Op::Book { ticket_ids }, _) if in_ledger => {
                report.checked(1, "acknowledged bookings");
                booked(case, report, user, call, &as_tickets(ticket_ids));
            }
            (Op::ListBookings, Outcome::Ok(Response::Bookings(rows))) => {
                report.checked(1, "listings of bookings");
                let rows = rows
                    .iter()
                    .filter_map(|row| Some((EventId::from_uuid(row.event_id).ok()?, row.number_of_tickets)));
                Listing { case, user, call, rows: rows.collect() }.judge(report, &owned);
            }
            _ => {}
        }
    }
}

/// The ownership of each ticket must overlap the call: begun before the answer, not ended before it was sent.
fn booked(case: &Case<'_>, report: &mut RuleReport, user: Uuid, call: &Call, tickets: &[TicketId]) {
    for ticket in tickets {
        let owners = case.ownerships.get(ticket).map_or(&[][..], Vec::as_slice);
        let is_there = owners.iter().any(|owner| {
            owner.user == user
                && owner.booked_us <= case.after(call.ended_us)
                && case.certainly_ended_us(owner) >= call.sent_us
        });
        if !is_there && case.booking_may_be_archived(user, *ticket) {
            report.unchecked(
                "acknowledged bookings of tickets that may be archived: the ledger has only their sums",
            );
        } else if !is_there {
            let ledger = owners.iter().map(|owner| {
                let Ownership { user, booking, from, .. } = owner;
                format!("ledger row {from}: booked by user {user}, attempt {booking}")
            });
            let what = format!("ticket {ticket} was booked, and is not in the ledger");
            report.violation(what, std::iter::once(describe(call)).chain(ledger));
        }
    }
}

type Owned<'a> = BTreeMap<Uuid, Vec<(TicketId, &'a Span<'a>)>>;

/// What each user was certainly told to own.
fn by_user<'a>(case: &'a Case<'_>) -> Owned<'a> {
    let mut owned: Owned<'_> = BTreeMap::new();
    for (ticket, spans) in &case.sold {
        for span in spans {
            owned.entry(span.user).or_default().push((*ticket, span));
        }
    }
    owned
}

/// The bookings that a user was shown.
struct Listing<'c, 'a> {
    case: &'c Case<'a>,
    user: Uuid,
    call: &'a Call,
    rows: BTreeMap<EventId, u32>,
}

impl Listing<'_, '_> {
    fn judge(&self, report: &mut RuleReport, owned: &Owned<'_>) {
        let mut least: BTreeMap<EventId, BTreeSet<TicketId>> = BTreeMap::new();
        for (ticket, span) in owned.get(&self.user).into_iter().flatten() {
            if span.covers(self.call.sent_us, self.call.ended_us) {
                least.entry(ticket.event()).or_default().insert(*ticket);
            }
        }
        for (event, tickets) in least {
            if self.case.was_deleted_unrecorded(event) {
                report.unchecked("listings of events whose deletion is not in the history");
                continue;
            }
            let shown = self.rows.get(&event).copied().unwrap_or_default();
            if usize::try_from(shown).is_ok_and(|shown| shown < tickets.len()) {
                let what = format!(
                    "user {} certainly had {} tickets of event {event}, and was shown {shown}",
                    self.user,
                    tickets.len()
                );
                report.violation(what, [describe(self.call)]);
            }
        }
        let may_have_archived =
            self.case.calls.first_of(self.user).is_some_and(|first| self.case.may_be_archived(first));
        if may_have_archived {
            report.unchecked(
                "whether listings show too much: the first bookings of these users may be archived",
            );
        } else if self.case.evidence.ticketing.is_some() {
            self.not_too_many(report);
        }
    }

    /// No more than the ledger has for that time, minus what was certainly cancelled before.
    fn not_too_many(&self, report: &mut RuleReport) {
        for (event, shown) in &self.rows {
            let ownerships = self.case.owned_by(self.user, *event).iter();
            let ownerships =
                ownerships.filter(|owned| owned.booked_us <= self.case.after(self.call.ended_us));
            let cancels = self.case.calls.cancels(self.user, *event);
            let cancelled: u32 = cancels
                .filter(|(cancel, _)| is_done(cancel) && cancel.ended_us < self.call.sent_us)
                .map(|(_, count)| count)
                .sum();
            let most = ownerships.count().saturating_sub(usize::try_from(cancelled).unwrap_or_default());
            if usize::try_from(*shown).is_ok_and(|shown| shown > most) {
                let what = format!(
                    "user {} was shown {shown} tickets of event {event}, and can have had at most {most}",
                    self.user
                );
                report.violation(what, [describe(self.call)]);
            }
        }
    }
}

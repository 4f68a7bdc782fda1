//! Rule 5: no first booking succeeded that was sent more than a second after `expires_unix_time`.

use booked_ids::TicketId;
use uuid::Uuid;

use crate::{
    case::{Case, as_tickets, describe, is_done, may_act_after, may_be_done, us_of_s},
    history::{Call, Op, Outcome, Response},
    report::RuleReport,
};

/// `expires_unix_time` is rounded down.
const ROUNDING_US: u64 = 1_000_000;

pub(super) fn judge(case: &Case<'_>, report: &mut RuleReport) {
    for call in case.calls.all().filter(|call| is_done(call)) {
        let (Some(user), Op::Book { ticket_ids }) = (call.user, &call.op) else { continue };
        report.checked(1, "acknowledged bookings");
        for ticket in as_tickets(ticket_ids) {
            match reserved_for(case, user, call, ticket) {
                Reserved::Late(reserve) => {
                    let what = format!("ticket {ticket} was booked after its hold had expired");
                    report.violation(what, [describe(reserve), describe(call)]);
                }
                Reserved::Never => {
                    let what = format!("ticket {ticket} was booked, and its buyer never held it");
                    report.violation(what, [describe(call)]);
                }
                Reserved::Unknown => {
                    report.unchecked(
                        "bookings of tickets that a call of unknown outcome may have held or booked",
                    );
                }
                Reserved::InTime => {}
            }
        }
    }
}

enum Reserved<'a> {
    /// It may have been held at that time, or booked by another call.
    InTime,
    /// Every hold had expired; this call granted the last one.
    Late(&'a Call),
    Never,
    Unknown,
}

/// What the history says about the hold that a booking ended.
fn reserved_for<'a>(case: &Case<'a>, user: Uuid, book: &Call, ticket: TicketId) -> Reserved<'a> {
    if !is_first(case, user, book, ticket) {
        return Reserved::InTime;
    }
    let mut last: Option<(&Call, u64)> = None;
    let mut is_known = true;
    for reserve in case.calls.of_user(user).filter(|call| call.sent_us < book.ended_us) {
        let Op::Reserve { event_id, .. } = reserve.op else { continue };
        match &reserve.outcome {
            Outcome::Ok(Response::Held { ticket_ids, expires_unix_time })
                if ticket_ids.contains(&ticket.as_uuid())
                    && !is_used_up(case, user, reserve, book, ticket) =>
            {
                let ends_us = us_of_s(*expires_unix_time).saturating_add(ROUNDING_US);
                if last.is_none_or(|(_, latest)| latest < ends_us) {
                    last = Some((reserve, ends_us));
                }
            }
            Outcome::Unknown { .. } => is_known &= event_id != ticket.event().as_uuid(),
            _ => {}
        }
    }
    match last {
        Some((_, ends_us)) if book.sent_us <= case.after(ends_us) => Reserved::InTime,
        _ if !is_known => Reserved::Unknown,
        Some((reserve, _)) => Reserved::Late(reserve),
        None => Reserved::Never,
    }
}

/// Whether, according to the ledger, this hold was booked before and that booking was cancelled: then it is used up.
fn is_used_up(case: &Case<'_>, user: Uuid, reserve: &Call, book: &Call, ticket: TicketId) -> bool {
    let between = case.after(reserve.ended_us)..case.before(book.sent_us);
    let owners = case.ownerships.get(&ticket).into_iter().flatten().filter(|owner| owner.user == user);
    let mut ended = owners.filter(|owner| owner.until.is_some());
    ended.any(|owner| between.contains(&owner.booked_us))
}

/// Whether it was this call that made the user the ticket's owner, because no other call can have done so.
fn is_first(case: &Case<'_>, user: Uuid, book: &Call, ticket: TicketId) -> bool {
    let mut others = case.calls.books(user, ticket).filter(|it| !std::ptr::eq(*it, book) && may_be_done(it));
    if case.evidence.ticketing.is_none() {
        return others.all(|other| other.sent_us > book.ended_us);
    }
    let mut owners = case.ownerships.get(&ticket).into_iter().flatten().filter(|owner| owner.user == user);
    let made = owners
        .find(|owner| (case.before(book.sent_us)..=case.after(book.ended_us)).contains(&owner.booked_us));
    made.is_some_and(|made| {
        others.all(|other| {
            other.sent_us > case.after(made.booked_us) || !may_act_after(other, case.before(made.booked_us))
        })
    })
}

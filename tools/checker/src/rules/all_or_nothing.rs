//! Rule 6: all or nothing. A reservation granted what was requested; a booking in the ledger has all tickets of one
//! call; a cancel cancelled exactly as many tickets as requested, the user's latest, or exactly those that it named.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use booked_contract::feed::{TicketsBooked, TicketsCancelled};
use booked_ids::{EventId, TicketId};
use uuid::Uuid;

use crate::{
    case::{Case, Ownership, as_tickets, cancelled_by, describe, is_done, may_be_done, ticket, us_of_ms},
    evidence::{Fact, Position, Ticketing},
    history::{Call, Op, Outcome, Response},
    report::RuleReport,
};

pub(super) fn judge(case: &Case<'_>, report: &mut RuleReport) {
    for call in case.calls.all() {
        if let (Op::Reserve { event_id, count }, Outcome::Ok(Response::Held { ticket_ids, .. })) =
            (&call.op, &call.outcome)
        {
            report.checked(1, "reservations");
            reserved(call, *event_id, *count, ticket_ids, report);
        }
    }
    let Some(ticketing) = &case.evidence.ticketing else {
        return report.unchecked("bookings and cancels: ticketing's database was not read");
    };
    let bookings = bookings(ticketing);
    attempts(ticketing, &bookings, report);
    for booking in bookings.values() {
        booked(case, booking, report);
    }
    cancels(case, ticketing, report);
}

fn reserved(call: &Call, event: Uuid, count: u32, ids: &[Uuid], report: &mut RuleReport) {
    let tickets = as_tickets(ids);
    let are_of_event = tickets.iter().all(|ticket| ticket.event().as_uuid() == event);
    let is_count = |length: usize| u32::try_from(length) == Ok(count);
    if !is_count(ids.len()) || !is_count(tickets.len()) || !are_of_event {
        let what = format!(
            "{count} seats of event {event} were requested, and {} granted, {} different ones{}",
            ids.len(),
            tickets.len(),
            if are_of_event { "" } else { ", not all of this event" }
        );
        report.violation(what, [describe(call)]);
    }
}

/// A booking in the ledger: all rows of one attempt.
#[derive(Default)]
struct Booking {
    id: Uuid,
    users: BTreeSet<Uuid>,
    first: Position,
    booked_us: u64,
    tickets: BTreeSet<TicketId>,
    /// It names a ticket twice.
    repeats: bool,
}

impl Booking {
    fn describe(&self) -> String {
        let users: Vec<String> = self.users.iter().map(Uuid::to_string).collect();
        let (first, count) = (self.first, self.tickets.len());
        format!("ledger from row {first}: attempt {}, user {}, {count} tickets", self.id, users.join(" and "))
    }
}

fn bookings(ticketing: &Ticketing) -> HashMap<Uuid, Booking> {
    let mut bookings: HashMap<Uuid, Booking> = HashMap::new();
    for entry in &ticketing.ledger {
        let Fact::Booked(booked) = &entry.fact else { continue };
        let TicketsBooked { booking_id, event_id, user_id, seats, booked_unix_ms } = booked;
        let booking = bookings.entry(*booking_id).or_insert_with(|| Booking {
            id: *booking_id,
            first: entry.position,
            booked_us: us_of_ms(*booked_unix_ms),
            ..Booking::default()
        });
        booking.users.insert(*user_id);
        for seat in seats {
            booking.repeats |= ticket(*event_id, *seat).is_none_or(|ticket| !booking.tickets.insert(ticket));
        }
    }
    bookings
}

/// An attempt is booked if and only if the ledger has it.
fn attempts(ticketing: &Ticketing, bookings: &HashMap<Uuid, Booking>, report: &mut RuleReport) {
    report.checked(ticketing.attempts.len(), "settled attempts");
    for (attempt, is_booked) in &ticketing.attempts {
        let in_ledger = bookings.get(attempt);
        if *is_booked && in_ledger.is_none() && ticketing.archived_attempts.contains(attempt) {
            report.unchecked("settled attempts whose booking is archived: the ledger has only their sums");
        } else if *is_booked != in_ledger.is_some() {
            let settled = if *is_booked { "booked" } else { "void" };
            let what = format!("attempt {attempt} is {settled}, and the ledger says otherwise");
            report.violation(what, in_ledger.map(Booking::describe));
        }
    }
    for (attempt, booking) in bookings {
        if !ticketing.attempts.contains_key(attempt) {
            report.violation(
                format!("attempt {attempt} is in the ledger and was never settled"),
                [booking.describe()],
            );
        }
    }
}

/// The booking has all tickets of one call, except those that its user had booked already.
fn booked(case: &Case<'_>, booking: &Booking, report: &mut RuleReport) {
    report.checked(1, "bookings in the ledger");
    if booking.repeats || booking.users.len() != 1 {
        let what = "a booking names a ticket twice, or several users".to_owned();
        return report.violation(what, [booking.describe()]);
    }
    let Some(user) = booking.users.first().copied() else { return };
    // The recorder starts before its first call: what was booked earlier was booked by another program.
    let is_recorded = case.calls.first_of(user).is_some_and(|first| case.before(first) <= booking.booked_us);
    let Some(one) = booking.tickets.first().filter(|_| is_recorded) else {
        return report
            .unchecked("whether bookings belong to one call: their users' calls are not in the history");
    };
    let requests = case.calls.books(user, *one).filter(|call| call.sent_us <= case.after(booking.booked_us));
    let (may_be, refused): (Vec<&Call>, Vec<&Call>) = requests.partition(|call| may_be_done(call));
    if !may_be.iter().any(|call| is_all_of(case, booking, user, call)) {
        let what = match (may_be.is_empty(), refused.is_empty()) {
            (false, _) => "a booking has a part of a call's tickets, or those of several calls",
            (true, false) => "a booking was refused, and is in the ledger",
            (true, true) => "a booking is in the ledger that nobody requested",
        };
        let calls = may_be.iter().chain(&refused).map(|call| describe(call));
        report.violation(what.to_owned(), std::iter::once(booking.describe()).chain(calls));
    }
}

fn is_all_of(case: &Case<'_>, booking: &Booking, user: Uuid, call: &Call) -> bool {
    let Op::Book { ticket_ids } = &call.op else { return false };
    let requested: BTreeSet<TicketId> = as_tickets(ticket_ids).into_iter().collect();
    let is_owned = |ticket: &TicketId| {
        let owners = case.ownerships.get(ticket).into_iter().flatten();
        owners.filter(|owner| owner.user == user).any(|owner| owner.covers(booking.first))
            || case.booking_may_be_archived(user, *ticket)
    };
    booking.tickets.is_subset(&requested) && requested.difference(&booking.tickets).all(is_owned)
}

/// How often a number of tickets was cancelled: in the ledger, by calls that succeeded, and by calls of unknown
/// outcome.
#[derive(Default)]
struct Tally {
    in_ledger: usize,
    done: usize,
    unknown: usize,
}

fn cancels(case: &Case<'_>, ticketing: &Ticketing, report: &mut RuleReport) {
    let mut tallies: BTreeMap<(Uuid, EventId, usize), Tally> = BTreeMap::new();
    let mut rows: Rows<'_> = HashMap::new();
    for entry in &ticketing.ledger {
        let Fact::Cancelled(cancelled) = &entry.fact else { continue };
        let Ok(event) = EventId::from_uuid(cancelled.event_id) else { continue };
        report.checked(1, "cancels in the ledger");
        let first = case.calls.first_of(cancelled.user_id);
        if first.is_none_or(|first| case.before(first) > us_of_ms(cancelled.cancelled_unix_ms)) {
            report.unchecked("whether cancels belong to one call: their users' calls are not in the history");
            continue;
        }
        let key = (cancelled.user_id, event, cancelled.tickets.len());
        tallies.entry(key).or_default().in_ledger += 1;
        rows.entry((cancelled.user_id, event)).or_default().push(cancelled);
        if !are_chosen(case, event, cancelled) {
            are_latest(case, entry.position, event, cancelled, report);
        }
    }
    for call in case.calls.all().filter(|call| may_be_done(call)) {
        let (Some(user), cancelled) = (call.user, cancelled_by(&call.op)) else { continue };
        if !cancelled.is_empty() && case.is_archived(call.ended_us) && is_done(call) {
            report.unchecked("whether cancels are in the ledger: they are archived");
            continue;
        }
        let is_certainly_there = is_done(call) && !case.may_be_archived(call.sent_us);
        for (event, count) in cancelled {
            let count = usize::try_from(count).unwrap_or(usize::MAX);
            let tally = tallies.entry((user, event, count)).or_default();
            if is_certainly_there { tally.done += 1 } else { tally.unknown += 1 }
        }
        if let (Op::CancelTickets { ticket_ids }, true) = (&call.op, is_certainly_there) {
            chosen(case, &rows, call, user, &as_tickets(ticket_ids), report);
        }
    }
    for ((user, event, count), Tally { in_ledger, done, unknown }) in tallies {
        if !(done..=done + unknown).contains(&in_ledger) {
            let what = format!(
                "user {user} cancelled {count} tickets of event {event} {in_ledger} times according to the ledger; {done} such \
                 calls were answered 200, and the outcome of {unknown} is unknown"
            );
            let calls = case.calls.cancels(user, event).filter(|(_, it)| usize::try_from(*it) == Ok(count));
            report.violation(what, calls.map(|(call, _)| describe(call)));
        }
    }
}

/// The cancels in the ledger, by user and event.
type Rows<'a> = HashMap<(Uuid, EventId), Vec<&'a TicketsCancelled>>;

/// The tickets that a row of the ledger cancels.
fn tickets_of(cancelled: &TicketsCancelled) -> BTreeSet<TicketId> {
    cancelled.tickets.iter().filter_map(|gone| ticket(cancelled.event_id, gone.seat)).collect()
}

/// Whether a call named these tickets, so that they need not be the user's latest.
fn are_chosen(case: &Case<'_>, event: EventId, cancelled: &TicketsCancelled) -> bool {
    let gone = tickets_of(cancelled);
    let mut calls = case.calls.cancels(cancelled.user_id, event).map(|(call, _)| call);
    calls.any(|call| match &call.op {
        Op::CancelTickets { ticket_ids } => of_event(&as_tickets(ticket_ids), event) == gone,
        _ => false,
    })
}

fn of_event(tickets: &[TicketId], event: EventId) -> BTreeSet<TicketId> {
    tickets.iter().copied().filter(|ticket| ticket.event() == event).collect()
}

/// The ledger has a cancel of exactly the tickets that were named, in each of their events.
fn chosen(
    case: &Case<'_>,
    rows: &Rows<'_>,
    call: &Call,
    user: Uuid,
    tickets: &[TicketId],
    report: &mut RuleReport,
) {
    report.checked(1, "cancels of chosen tickets");
    let may_be_of_call = |us: u64| (case.before(call.sent_us)..=case.after(call.ended_us)).contains(&us);
    for (event, _) in cancelled_by(&call.op) {
        let named = of_event(tickets, event);
        let mut rows = rows.get(&(user, event)).into_iter().flatten().copied();
        let is_named = |row: &TicketsCancelled| {
            may_be_of_call(us_of_ms(row.cancelled_unix_ms)) && tickets_of(row) == named
        };
        if !rows.any(is_named) {
            let what =
                format!("chosen tickets of event {event} were cancelled, and the ledger has no such cancel");
            report.violation(what, [describe(call)]);
        }
    }
}

/// The user did not keep a ticket that was booked later than one that was cancelled. Only bookings count that the
/// cancel must have known: those that were answered before its transaction began.
fn are_latest(
    case: &Case<'_>,
    position: Position,
    event: EventId,
    cancelled: &TicketsCancelled,
    report: &mut RuleReport,
) {
    let owned = case.owned_by(cancelled.user_id, event);
    let gone: Vec<&Ownership> =
        owned.iter().filter(|owned| owned.until.is_some_and(|end| end.position == position)).collect();
    let Some(earliest) = gone.iter().min_by_key(|owned| (owned.booked_us, owned.ticket)) else { return };
    let began_us = us_of_ms(cancelled.cancelled_unix_ms);
    let was_known = |kept: &&Ownership| {
        let mut books = case.calls.books(cancelled.user_id, kept.ticket).filter(|call| is_done(call));
        books.any(|book| book.ended_us >= kept.booked_us && case.after(book.ended_us) < began_us)
    };
    let is_later = |kept: &&Ownership| {
        kept.booked_us > earliest.booked_us
            || (kept.booking == earliest.booking && kept.ticket > earliest.ticket)
    };
    let kept = owned.iter().filter(|owned| owned.covers(position)).filter(is_later).find(was_known);
    if let Some(kept) = kept {
        let what = format!(
            "user {} cancelled ticket {} and kept {}, which is later",
            cancelled.user_id, earliest.ticket, kept.ticket
        );
        let row = |owned: &Ownership| {
            format!("ledger row {}: ticket {} booked by attempt {}", owned.from, owned.ticket, owned.booking)
        };
        report.violation(what, [row(earliest), row(kept), format!("ledger row {position}: the cancel")]);
    }
}

//! What a buyer certainly held or owned, and during what time, by nothing but what clients recorded: from the answer
//! that granted it until the first call was sent that may have ended it.

use std::collections::HashMap;

use booked_ids::{EventId, TicketId};
use uuid::Uuid;

use super::{
    calls::{Calls, is_done, may_act_after},
    convert::{as_tickets, us_of_s},
};
use crate::history::{Call, Fault, Op, Outcome, Response};

/// A buyer certainly had a ticket from `from_us` until just before `until_us`.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Span<'a> {
    pub(crate) user: Uuid,
    /// The call that granted it.
    pub(crate) call: &'a Call,
    pub(crate) from_us: u64,
    pub(crate) until_us: u64,
}

impl Span<'_> {
    pub(crate) fn overlaps(&self, other: &Span<'_>) -> bool {
        self.from_us < other.until_us && other.from_us < self.until_us
    }

    /// Whether it lasted throughout this time.
    pub(crate) fn covers(&self, from_us: u64, until_us: u64) -> bool {
        self.from_us <= from_us && until_us <= self.until_us
    }
}

/// What buyers certainly owned.
pub(crate) fn sold<'a>(calls: &Calls<'a>) -> HashMap<TicketId, Vec<Span<'a>>> {
    let mut spans = Spans::default();
    for call in calls.all().filter(|call| is_done(call)) {
        let (Some(user), Op::Book { ticket_ids }) = (call.user, &call.op) else { continue };
        for ticket in as_tickets(ticket_ids) {
            let ends = calls.cancels_of(user, ticket);
            let until_us = first_sent(ends.chain(calls.deletes_of(ticket.event())), call, u64::MAX);
            spans.add(ticket, Span { user, call, from_us: call.ended_us, until_us });
        }
    }
    spans.0
}

/// What buyers certainly held. A hold is not certain any more from when Valkey may have lost it. A refused booking does
/// not change it.
pub(crate) fn holds<'a>(
    calls: &Calls<'a>,
    faults: &[&Fault],
    skew_us: u64,
) -> HashMap<TicketId, Vec<Span<'a>>> {
    let mut spans = Spans::default();
    for call in calls.all() {
        let (Some(user), Outcome::Ok(Response::Held { ticket_ids, expires_unix_time })) =
            (call.user, &call.outcome)
        else {
            continue;
        };
        let losses = faults.iter().filter(|it| it.valkey_may_lose_writes && it.ended_us >= call.sent_us);
        let lost_us = losses.map(|fault| fault.began_us).min().unwrap_or(u64::MAX);
        // By Valkey's clock, which may be a little ahead.
        let expires_us = us_of_s(*expires_unix_time).saturating_sub(skew_us);
        for ticket in as_tickets(ticket_ids) {
            let ends = calls.releases(user, ticket).chain(calls.books(user, ticket));
            let ends = ends.chain(calls.deletes_of(ticket.event()));
            let until_us = first_sent(ends, call, lost_us.min(expires_us));
            spans.add(ticket, Span { user, call, from_us: call.ended_us, until_us });
        }
    }
    spans.0
}

/// When the first of these was sent that may take effect after `call` was sent, but at most `latest_us`.
fn first_sent<'a>(ends: impl Iterator<Item = &'a Call>, call: &Call, latest_us: u64) -> u64 {
    let acting = ends.filter(|end| may_act_after(end, call.sent_us));
    acting.map(|end| end.sent_us).min().map_or(latest_us, |first| first.min(latest_us))
}

#[derive(Default)]
struct Spans<'a>(HashMap<TicketId, Vec<Span<'a>>>);

impl<'a> Spans<'a> {
    /// A span that ends before it begins says nothing.
    fn add(&mut self, ticket: TicketId, span: Span<'a>) {
        if span.from_us < span.until_us {
            self.0.entry(ticket).or_default().push(span);
        }
    }
}

/// How many seats of an event were certainly taken (held or sold) at any time.
#[derive(Default)]
pub(crate) struct TakenSeats(HashMap<EventId, (Vec<u64>, Vec<u64>)>);

impl TakenSeats {
    pub(crate) fn of<'s, 'a: 's>(spans: impl Iterator<Item = (&'s TicketId, &'s Vec<Span<'a>>)>) -> Self {
        let mut by_ticket: HashMap<TicketId, Vec<(u64, u64)>> = HashMap::new();
        for (ticket, spans) in spans {
            let times = spans.iter().map(|span| (span.from_us, span.until_us));
            by_ticket.entry(*ticket).or_default().extend(times);
        }
        let mut taken = Self::default();
        for (ticket, times) in by_ticket {
            let (starts, ends) = taken.0.entry(ticket.event()).or_default();
            for (start, end) in joined(times) {
                starts.push(start);
                ends.push(end);
            }
        }
        for (starts, ends) in taken.0.values_mut() {
            starts.sort_unstable();
            ends.sort_unstable();
        }
        taken
    }

    /// At least this many were taken throughout this time. A seat that was taken for a part of it lowers the number.
    pub(crate) fn at_least(&self, event: EventId, from_us: u64, until_us: u64) -> usize {
        let Some((starts, ends)) = self.0.get(&event) else { return 0 };
        let begun = starts.partition_point(|start| *start <= from_us);
        begun.saturating_sub(ends.partition_point(|end| *end < until_us))
    }
}

/// The same times without overlaps, so that each seat counts once.
fn joined(mut times: Vec<(u64, u64)>) -> Vec<(u64, u64)> {
    times.sort_unstable();
    let mut joined: Vec<(u64, u64)> = Vec::new();
    for (start, end) in times {
        match joined.last_mut() {
            Some(last) if start <= last.1 => last.1 = last.1.max(end),
            _ => joined.push((start, end)),
        }
    }
    joined
}

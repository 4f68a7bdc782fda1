//! Rule 3: free + held + settling + sold = seats. What Valkey says about each seat agrees with Postgres, nothing is
//! beyond the capacity, and what clients were shown agrees with both.

use std::collections::{BTreeMap, HashMap};

use booked_ids::EventId;

use super::suspects::{last_inspection, persistent, transient};
use crate::{
    case::{Case, clock, describe, is_done, us_of_ms},
    evidence::{EventRow, InspectedEvent, Ticketing},
    history::{Call, Op, Outcome, Response},
    report::RuleReport,
};

pub(super) fn judge(case: &Case<'_>, report: &mut RuleReport) {
    valkey(case, report);
    if let Some(ticketing) = &case.evidence.ticketing {
        tickets(ticketing, report);
        if let Some(events) = &case.evidence.events {
            events_agree(ticketing, events, report);
        }
    }
    for call in case.calls.all() {
        if let (
            Op::ReadEvent { event_id },
            Outcome::Ok(Response::Event { seat_count, available_seats_count }),
        ) = (&call.op, &call.outcome)
            && let Ok(event) = EventId::from_uuid(*event_id)
        {
            report.checked(1, "answers about events");
            let shown = Shown { event, call, seat_count: *seat_count, available: *available_seats_count };
            shown.judge(case, report);
        }
    }
}

fn valkey(case: &Case<'_>, report: &mut RuleReport) {
    let inspections = &case.evidence.inspections;
    let Some(first) = inspections.first() else {
        return report.unchecked("Valkey compared with Postgres: one of the two was not read");
    };
    report.checked(first.events.len(), "inventories in Valkey");
    report.checked(first.events.values().map(|it| it.sold.len()).sum(), "sold seats in them");
    let wrong = persistent(inspections);
    for (event, suspect) in wrong.iter().filter(|(_, suspect)| !suspect.is_overdue()) {
        let shown_by = last_inspection(inspections, *event).map(|inspected| summed(*event, inspected));
        report.violation(format!("event {event}: {suspect}"), shown_by);
    }
    for _ in 0..transient(inspections) {
        report.unchecked(
            "what looked wrong at first and right at a later inspection: the system was busy, or repaired it",
        );
    }
}

fn summed(event: EventId, inspected: &InspectedEvent) -> String {
    let inventory = &inspected.inventory;
    let taken = inventory.taken.len();
    format!(
        "event {event} at {}: {} seats; {taken} taken, of these {} held and {} settling; {} sold in Postgres; \
         Valkey counts {} taken",
        clock(us_of_ms(inventory.now_unix_ms)),
        inventory.meta.capacity,
        inventory.holds.len(),
        inventory.claims.len(),
        inspected.sold.len(),
        inventory.meta.taken,
    )
}

/// No ticket is beyond the seats of its event, or belongs to an event that never existed.
fn tickets(ticketing: &Ticketing, report: &mut RuleReport) {
    let mut beyond: BTreeMap<EventId, usize> = BTreeMap::new();
    for ticket in ticketing.tickets.keys() {
        let seats = ticketing.events.get(&ticket.event()).map_or(0, |row| row.seat_count);
        if ticket.seat().get() > seats {
            *beyond.entry(ticket.event()).or_default() += 1;
        }
    }
    for (event, count) in beyond {
        let seats = ticketing.events.get(&event).map_or(0, |row| row.seat_count);
        report.violation(format!("event {event} has {seats} seats, and {count} tickets beyond them"), []);
    }
}

/// Ticketing knows events as the event service has them, or an older version.
fn events_agree(ticketing: &Ticketing, events: &HashMap<EventId, EventRow>, report: &mut RuleReport) {
    report.checked(ticketing.events.len(), "events in two databases");
    for (event, known) in &ticketing.events {
        let shown =
            |row: Option<&EventRow>| row.map_or_else(|| "unknown".to_owned(), |row| format!("{row:?}"));
        match events.get(event) {
            Some(made) if made.version > known.version => {
                report.unchecked("events of which ticketing knows an older version: its feed is behind");
            }
            Some(made) if made == known => {}
            made => report.violation(
                format!("ticketing and the event service differ about event {event}"),
                [format!("ticketing: {}", shown(Some(known))), format!("event service: {}", shown(made))],
            ),
        }
    }
}

/// What a client was shown about an event.
struct Shown<'a> {
    event: EventId,
    call: &'a Call,
    seat_count: u32,
    available: u32,
}

impl Shown<'_> {
    fn judge(&self, case: &Case<'_>, report: &mut RuleReport) {
        if self.available > self.seat_count {
            let what =
                format!("{} of {} seats of event {} are free", self.available, self.seat_count, self.event);
            report.violation(what, [describe(self.call)]);
        }
        self.capacity(case, report);
        self.occupied(case, report);
    }

    /// The seat count is one that may have been set by then.
    fn capacity(&self, case: &Case<'_>, report: &mut RuleReport) {
        let sets = case.calls.capacities_of(self.event);
        let is_made_here = sets.iter().any(|(call, _)| matches!(call.op, Op::CreateEvent { .. }));
        let least = sets.iter().filter(|(call, _)| is_done(call) && call.ended_us < self.call.sent_us);
        let least = least.map(|(_, count)| *count).max().unwrap_or_default();
        let most = sets.iter().filter(|(call, _)| call.sent_us < self.call.ended_us);
        let most = most.map(|(_, count)| *count).max().filter(|_| is_made_here).unwrap_or(u32::MAX);
        if !(least..=most).contains(&self.seat_count) {
            let what = format!("event {} was shown with {} seats", self.event, self.seat_count);
            report.violation(what, sets.iter().map(|(call, _)| describe(call)).chain([describe(self.call)]));
        }
    }

    /// No seat counts as free that was certainly held or owned throughout.
    fn occupied(&self, case: &Case<'_>, report: &mut RuleReport) {
        if case.was_deleted_unrecorded(self.event) {
            return report.unchecked("free seats of events whose deletion is not in the history");
        }
        let (from, until) = (self.call.sent_us, self.call.ended_us);
        if case.may_have_lost_writes(from, until) {
            return report.unchecked("free seats that were shown while Valkey might have lost writes");
        }
        let taken = case.taken.at_least(self.event, from, case.after(until));
        let free = self.seat_count.saturating_sub(u32::try_from(taken).unwrap_or(u32::MAX));
        let deleted = case.calls.deletes_of(self.event).any(|call| call.sent_us < until);
        if self.available > free && !deleted {
            let what = format!(
                "event {} was shown with {} free seats, and {taken} of its {} were certainly taken",
                self.event, self.available, self.seat_count
            );
            report.violation(what, [describe(self.call)]);
        }
    }
}

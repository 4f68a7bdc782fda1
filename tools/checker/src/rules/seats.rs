//! Rule 3: free + held + settling + sold = seats. What Valkey says of each seat fits what Postgres says, nothing is
//! beyond the capacity, and what clients were shown fits both.

use std::collections::{BTreeMap, HashMap};

use booked_ids::EventId;

use super::suspects::{last_look, lasting, passing};
use crate::{
    case::{Case, clock, is_done, told, us_of_ms},
    evidence::{EventRow, SeatsSeen, Ticketing},
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
            report.checked(1, "answers about an event");
            let shown = Shown { event, call, seat_count: *seat_count, available: *available_seats_count };
            shown.judge(case, report);
        }
    }
}

fn valkey(case: &Case<'_>, report: &mut RuleReport) {
    let looks = &case.evidence.looks;
    let Some(first) = looks.first() else {
        return report.unchecked("Valkey beside Postgres: one of the two was not read");
    };
    report.checked(first.events.len(), "maps in Valkey");
    report.checked(first.events.values().map(|seen| seen.sold.len()).sum(), "sold seats in them");
    let wrong = lasting(looks);
    for (event, suspect) in wrong.iter().filter(|(_, suspect)| !suspect.is_overdue()) {
        let shown_by = last_look(looks, *event).map(|seen| summed(*event, seen));
        report.wrong(format!("event {event}: {suspect}"), shown_by);
    }
    for _ in 0..passing(looks) {
        report.unchecked(
            "what looked wrong at first and was right at a later look: the system moved, or put it right",
        );
    }
}

/// free + held + settling + sold = seats, in numbers.
fn summed(event: EventId, seen: &SeatsSeen) -> String {
    let map = &seen.map;
    let taken = map.taken.len();
    format!(
        "event {event} at {}: {} seats; {taken} taken, of these {} held and {} settling; {} sold in Postgres; \
         Valkey counts {} taken",
        clock(us_of_ms(map.now_unix_ms)),
        map.meta.capacity,
        map.holds.len(),
        map.claims.len(),
        seen.sold.len(),
        map.meta.taken,
    )
}

/// No ticket is beyond its event's seats, and none is of an event that never was.
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
        report.wrong(format!("event {event} has {seats} seats, and {count} tickets beyond them"), []);
    }
}

/// Ticketing knows events as the event service made them, or somewhat older.
fn events_agree(ticketing: &Ticketing, events: &HashMap<EventId, EventRow>, report: &mut RuleReport) {
    report.checked(ticketing.events.len(), "events in two databases");
    for (event, known) in &ticketing.events {
        let told =
            |row: Option<&EventRow>| row.map_or_else(|| "unknown".to_owned(), |row| format!("{row:?}"));
        match events.get(event) {
            Some(made) if made.version > known.version => {
                report.unchecked("events that ticketing knows in an older version: its feed is behind");
            }
            Some(made) if made == known => {}
            made => report.wrong(
                format!("event {event} is not at ticketing what it is at the event service"),
                [format!("ticketing: {}", told(Some(known))), format!("event service: {}", told(made))],
            ),
        }
    }
}

/// What a client was shown of an event.
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
            report.wrong(what, [told(self.call)]);
        }
        self.capacity(case, report);
        self.occupied(case, report);
    }

    /// The seat count is one that somebody may have set by then.
    fn capacity(&self, case: &Case<'_>, report: &mut RuleReport) {
        let sets = case.calls.capacities_of(self.event);
        let is_made_here = sets.iter().any(|(call, _)| matches!(call.op, Op::CreateEvent { .. }));
        let least = sets.iter().filter(|(call, _)| is_done(call) && call.ended_us < self.call.sent_us);
        let least = least.map(|(_, count)| *count).max().unwrap_or_default();
        let most = sets.iter().filter(|(call, _)| call.sent_us < self.call.ended_us);
        let most = most.map(|(_, count)| *count).max().filter(|_| is_made_here).unwrap_or(u32::MAX);
        if !(least..=most).contains(&self.seat_count) {
            let what = format!("event {} was shown with {} seats", self.event, self.seat_count);
            report.wrong(what, sets.iter().map(|(call, _)| told(call)).chain([told(self.call)]));
        }
    }

    /// No seat counts as free that somebody surely held or owned all the while.
    fn occupied(&self, case: &Case<'_>, report: &mut RuleReport) {
        if case.vanished(self.event) {
            return report
                .unchecked("free seats of events that somebody deleted whose calls are not in the history");
        }
        let (from, until) = (self.call.sent_us, self.call.ended_us);
        if case.may_have_forgotten(from, until) {
            return report.unchecked("free seats that were shown while Valkey might have forgotten");
        }
        let taken = case.taken.surely(self.event, from, case.after(until));
        let free = self.seat_count.saturating_sub(u32::try_from(taken).unwrap_or(u32::MAX));
        let deleted = case.calls.deletes_of(self.event).any(|call| call.sent_us < until);
        if self.available > free && !deleted {
            let what = format!(
                "event {} was shown with {} free seats, and {taken} of its {} were surely taken",
                self.event, self.available, self.seat_count
            );
            report.wrong(what, [told(self.call)]);
        }
    }
}

//! Rule 4: analytics counts what the ledger says up to analytics' own cursor.

use std::collections::BTreeMap;

use booked_contract::feed::{EventOnSale, TicketsBooked, TicketsCancelled, TicketsCounted};
use booked_ids::EventId;
use chrono::{DateTime, NaiveDate};
use uuid::Uuid;

use crate::{
    case::Case,
    evidence::{Analytics, Counts, Fact, Ticketing},
    report::RuleReport,
};

pub(super) fn judge(case: &Case<'_>, report: &mut RuleReport) {
    let (Some(analytics), Some(ticketing)) = (&case.evidence.analytics, &case.evidence.ticketing) else {
        return report.unchecked("analytics compared with the ledger: one of the two databases was not read");
    };
    if !analytics.incarnation.is_empty() && analytics.incarnation != ticketing.incarnation {
        return report.unchecked(
            "analytics has read another incarnation of the feed, and will continue or start over",
        );
    }
    for position in &analytics.set_aside {
        report.unchecked(format!("row {position}, which analytics could not read"));
    }
    let behind = ticketing.ledger.iter().filter(|entry| entry.position > analytics.cursor).count();
    if behind > 0 {
        report.unchecked(format!("rows of the ledger that analytics has not counted yet: {behind}"));
    }
    let expected = counted(analytics, ticketing);
    report.checked(expected.len(), "events counted");
    let nothing = Counts::default();
    for event in expected.keys().chain(analytics.counts.keys().filter(|it| !expected.contains_key(it))) {
        let in_ledger = expected.get(event).unwrap_or(&nothing);
        let shown = analytics.counts.get(event).unwrap_or(&nothing);
        if in_ledger != shown {
            let cursor = analytics.cursor;
            report.violation(
                format!("analytics and the ledger differ about event {event}"),
                [
                    format!("analytics, up to {cursor}: {}", describe(shown)),
                    format!("the ledger, up to the same row: {}", describe(in_ledger)),
                ],
            );
        }
    }
}

/// The ledger up to the cursor, counted as analytics counts it.
fn counted(analytics: &Analytics, ticketing: &Ticketing) -> BTreeMap<EventId, Counts> {
    let mut counts = BTreeMap::new();
    let read = ticketing.ledger.iter().filter(|entry| entry.position <= analytics.cursor);
    for entry in read.filter(|entry| !analytics.set_aside.contains(&entry.position)) {
        match &entry.fact {
            Fact::OnSale(state) => on_sale(&mut counts, state),
            Fact::Booked(booked) => add_booked(&mut counts, booked),
            Fact::Cancelled(cancelled) => add_cancelled(&mut counts, cancelled),
            Fact::Counted(counted) => add_counted(&mut counts, counted),
        }
    }
    for counts in counts.values_mut() {
        counts.booked_now.retain(|_, booked| *booked != 0 && !counts.deleted);
    }
    counts
}

fn of(counts: &mut BTreeMap<EventId, Counts>, event: Uuid) -> Option<&mut Counts> {
    Some(counts.entry(EventId::from_uuid(event).ok()?).or_default())
}

fn on_sale(counts: &mut BTreeMap<EventId, Counts>, state: &EventOnSale) {
    if let Some(counts) = of(counts, state.event_id)
        && counts.version < state.version
    {
        counts.version = state.version;
        counts.deleted = state.deleted;
        counts.total_seats = Some(state.seat_count);
    }
}

fn add_booked(counts: &mut BTreeMap<EventId, Counts>, booked: &TicketsBooked) {
    let Some(counts) = of(counts, booked.event_id) else { return };
    let tickets = i64::try_from(booked.seats.len()).unwrap_or(i64::MAX);
    counts.ever_booked += tickets;
    if let Some(day) = utc_day(booked.booked_unix_ms) {
        *counts.booked_now.entry(day).or_default() += tickets;
    }
}

fn add_cancelled(counts: &mut BTreeMap<EventId, Counts>, cancelled: &TicketsCancelled) {
    let Some(counts) = of(counts, cancelled.event_id) else { return };
    for ticket in &cancelled.tickets {
        counts.cancelled += 1;
        if let Some(day) = utc_day(ticket.booked_unix_ms) {
            *counts.booked_now.entry(day).or_default() -= 1;
        }
    }
}

fn add_counted(counts: &mut BTreeMap<EventId, Counts>, counted: &TicketsCounted) {
    let Some(counts) = of(counts, counted.event_id) else { return };
    for day in &counted.days {
        let (booked, cancelled) = (i64::from(day.booked), i64::from(day.cancelled));
        counts.ever_booked += booked;
        counts.cancelled += cancelled;
        if let Some(day) = utc_day(day.day_unix_ms) {
            *counts.booked_now.entry(day).or_default() += booked - cancelled;
        }
    }
}

fn utc_day(unix_ms: i64) -> Option<NaiveDate> {
    DateTime::from_timestamp_millis(unix_ms).map(|time| time.date_naive())
}

fn describe(counts: &Counts) -> String {
    let Counts { version, deleted, total_seats, ever_booked, cancelled, booked_now } = counts;
    let seats = total_seats.map_or_else(|| "unknown seats".to_owned(), |seats| format!("{seats} seats"));
    let days =
        booked_now.iter().map(|(day, booked)| format!("{booked} of {day}")).collect::<Vec<_>>().join(", ");
    let deleted = if *deleted { ", deleted" } else { "" };
    format!(
        "version {version}{deleted}, {seats}, {ever_booked} ever booked, {cancelled} cancelled, booked now: {}",
        if days.is_empty() { "none" } else { &days }
    )
}

//! Rule 7: first come, first served. Of two users who joined one after the other the first is notified first; everyone
//! is notified once for each time they joined, of no more seats than they requested, and no more seats are offered than
//! came free.

use std::collections::{BTreeMap, BTreeSet};

use booked_ids::EventId;
use uuid::Uuid;

use crate::{
    case::{Case, describe, is_done, may_be_done, us_of_ms},
    evidence::{Notification, Ticketing, WaitlistEntry},
    history::{Call, Op, Outcome},
    report::RuleReport,
};

pub(super) fn judge(case: &Case<'_>, report: &mut RuleReport) {
    let Some(ticketing) = &case.evidence.ticketing else {
        return report.unchecked("waitlists and notifications: ticketing's database was not read");
    };
    for (event, waitlist) in waitlists(case, ticketing) {
        if case.is_deleted(event) {
            report.unchecked("waitlists of deleted events");
            continue;
        }
        let places: Vec<Place<'_>> = waitlist.values().flat_map(|member| member.places(report)).collect();
        report.checked(places.len(), "places in waitlists");
        in_order(places, report);
        came_free(case, ticketing, event, &waitlist, report);
    }
}

/// All that is known about a user in one waitlist, each in the order of time.
#[derive(Default)]
struct Member<'a> {
    /// All requests to join, whatever came of them, each with the number of seats.
    joins: Vec<(&'a Call, u32)>,
    notifications: Vec<&'a Notification>,
    entry: Option<&'a WaitlistEntry>,
    /// Their last place may have ended because the event was cancelled.
    told_of_cancel: bool,
}

type Waitlist<'a> = BTreeMap<Uuid, Member<'a>>;

/// The users whose calls are in the history, by event.
fn waitlists<'a>(case: &Case<'a>, ticketing: &'a Ticketing) -> BTreeMap<EventId, Waitlist<'a>> {
    let mut waitlists: BTreeMap<EventId, Waitlist<'a>> = BTreeMap::new();
    for call in case.calls.all() {
        if let (Some(user), Op::AddToWaitlist { event_id, count }) = (call.user, &call.op)
            && let Ok(event) = EventId::from_uuid(*event_id)
        {
            waitlists.entry(event).or_default().entry(user).or_default().joins.push((call, *count));
        }
    }
    let is_recorded =
        |user: Uuid, us: u64| case.calls.first_of(user).is_some_and(|first| case.before(first) <= us);
    for notification in &ticketing.notifications {
        if is_recorded(notification.user, us_of_ms(notification.created_unix_ms)) {
            let waitlist = waitlists.entry(notification.event).or_default();
            waitlist.entry(notification.user).or_default().notifications.push(notification);
        }
    }
    for entry in &ticketing.waitlist {
        if let Some(member) = waitlists.get_mut(&entry.event).and_then(|it| it.get_mut(&entry.user)) {
            member.entry = Some(entry);
        }
    }
    for (event, waitlist) in &mut waitlists {
        for (user, member) in waitlist {
            member.told_of_cancel = ticketing.told_of_cancel.contains(&(*event, *user));
        }
    }
    waitlists
}

/// A place in the queue: users who were notified come before users who still wait.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Rank {
    Notified(i64),
    Waits(i64),
}

/// An acknowledged place in a waitlist.
struct Place<'a> {
    call: &'a Call,
    rank: Rank,
}

impl<'a> Member<'a> {
    /// The places that are certain. What is wrong about this user alone goes into the report.
    fn places(&self, report: &mut RuleReport) -> Vec<Place<'a>> {
        let waited_before =
            self.joins.first().is_some_and(|(call, _)| !may_be_done(call) && says_waiting(call));
        if waited_before {
            report.unchecked("places in waitlists that users had before the history begins");
            return Vec::new();
        }
        let joined: Vec<(&Call, u32)> =
            self.joins.iter().filter(|(call, _)| is_done(call)).copied().collect();
        let unknown = self.joins.iter().filter(|(call, _)| may_be_done(call)).count() - joined.len();
        let places = self.notifications.len() + usize::from(self.entry.is_some());
        if places + usize::from(self.told_of_cancel) < joined.len() {
            self.violation("an acknowledged place in a waitlist is lost", report);
        } else if places > joined.len() + unknown {
            self.violation("a user was notified, or waits, more often than they requested", report);
        } else if unknown > 0 {
            report
                .unchecked("the order of places in waitlists that a call of unknown outcome may have taken");
            self.offered_too_much(|_| self.joins.iter().map(|(_, count)| *count).max(), report);
        } else {
            self.offered_too_much(|index| joined.get(index).map(|(_, count)| *count), report);
            let notified = self.notifications.iter().map(|it| Rank::Notified(it.number));
            let ranks = notified.chain(self.entry.map(|entry| Rank::Waits(entry.number)));
            return joined.iter().zip(ranks).map(|((call, _), rank)| Place { call, rank }).collect();
        }
        Vec::new()
    }

    fn offered_too_much(&self, wanted: impl Fn(usize) -> Option<u32>, report: &mut RuleReport) {
        for (index, notification) in self.notifications.iter().enumerate() {
            if wanted(index).is_some_and(|wanted| notification.seats > wanted) {
                let what = format!("notification {} offers more seats than requested", notification.number);
                self.violation(&what, report);
            }
        }
    }

    fn violation(&self, what: &str, report: &mut RuleReport) {
        let calls = self.joins.iter().map(|(call, _)| describe(call));
        let notifications = self
            .notifications
            .iter()
            .map(|it| format!("notification {}: user {} is offered {} seats", it.number, it.user, it.seats));
        let entry =
            self.entry.map(|it| format!("entry {}: user {} waits for {}", it.number, it.user, it.wanted));
        report.violation(what.to_owned(), calls.chain(notifications).chain(entry));
    }
}

fn says_waiting(call: &Call) -> bool {
    matches!(&call.outcome, Outcome::Fail { code, .. } if code == "WAITLIST-01")
}

/// From the last place to the first: none precedes a place that was acknowledged before it was requested.
fn in_order(mut places: Vec<Place<'_>>, report: &mut RuleReport) {
    places.sort_by_key(|place| std::cmp::Reverse(place.rank));
    let mut earliest: Option<&Call> = None;
    for Place { call, .. } in &places {
        if let Some(passed) = earliest.filter(|later| later.ended_us < call.sent_us) {
            report.violation(
                "a user was notified before one who joined earlier".to_owned(),
                [describe(passed), describe(call)],
            );
        }
        if earliest.is_none_or(|later| call.ended_us < later.ended_us) {
            earliest = Some(call);
        }
    }
}

/// Compares what was offered with what came free according to Valkey's inventory. That is known if the history has the
/// whole waitlist, the inventory was loaded before anyone joined, and nothing happened to it since.
fn came_free(
    case: &Case<'_>,
    ticketing: &Ticketing,
    event: EventId,
    waitlist: &Waitlist<'_>,
    report: &mut RuleReport,
) {
    let first = case.evidence.inspections.first();
    let Some(inspected) = first.and_then(|inspection| inspection.events.get(&event)) else { return };
    let notifications = || ticketing.notifications.iter().filter(|it| it.event == event);
    let known: BTreeSet<i64> =
        waitlist.values().flat_map(|member| &member.notifications).map(|it| it.number).collect();
    let is_whole = notifications().all(|it| known.contains(&it.number))
        && ticketing.waitlist.iter().filter(|it| it.event == event).all(|it| waitlist.contains_key(&it.user));
    let first_join = waitlist.values().flat_map(|member| &member.joins).map(|(call, _)| call.sent_us).min();
    let was_loaded = case.calls.all().take_while(|call| Some(call.sent_us) < first_join).any(|call| {
        is_done(call)
            && Some(call.ended_us) < first_join
            && matches!(call.op, Op::Reserve { event_id, .. } if event_id == event.as_uuid())
    });
    if !is_whole || !was_loaded || !is_undisturbed(case) {
        return report
            .unchecked("whether no more seats were offered than came free: not all of it was recorded");
    }
    let inspected_ms = inspected.inventory.now_unix_ms;
    let offered: i64 = notifications()
        .filter(|it| case.after(us_of_ms(it.created_unix_ms)) < us_of_ms(inspected_ms))
        .map(|it| i64::from(it.seats))
        .sum();
    let freed = inspected.inventory.meta.freed;
    if offered > freed {
        let what = format!("{offered} seats of event {event} were offered, and {freed} came free");
        report.violation(what, []);
    }
}

/// There was no fault and every call was answered: so Valkey answered too whenever someone joined.
fn is_undisturbed(case: &Case<'_>) -> bool {
    let is_answered = |call: &Call| match call.outcome {
        Outcome::Ok(_) => true,
        Outcome::Fail { status, .. } => status < 500,
        Outcome::Unknown { .. } => false,
    };
    case.faults.is_empty() && case.calls.all().all(is_answered)
}

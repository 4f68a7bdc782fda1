//! Rule 7: first come, first served. Of two who joined one after the other the first is told first; everybody is told once
//! for each time they joined, of no more seats than they asked for, and no more seats are announced than came free.

use std::collections::{BTreeMap, BTreeSet};

use booked_ids::EventId;
use uuid::Uuid;

use crate::{
    case::{Case, is_done, may_be_done, told, us_of_ms},
    evidence::{Message, Ticketing, Waiting},
    history::{Call, Op, Outcome},
    report::RuleReport,
};

pub(super) fn judge(case: &Case<'_>, report: &mut RuleReport) {
    let Some(ticketing) = &case.evidence.ticketing else {
        return report.unchecked("who waits and who was told: ticketing's database was not read");
    };
    let lines = lines(case, ticketing);
    for (event, line) in lines {
        if case.is_deleted(event) {
            report.unchecked("waitlists of deleted events");
            continue;
        }
        let places: Vec<Place<'_>> = line.values().flat_map(|user| user.places(report)).collect();
        report.checked(places.len(), "places in line");
        in_order(places, report);
        came_free(case, ticketing, event, &line, report);
    }
}

/// Somebody's dealings with one waitlist, each in the order of time.
#[derive(Default)]
struct Member<'a> {
    /// All that they asked, whatever became of it.
    op: Vec<(&'a Call, u32)>,
    messages: Vec<&'a Message>,
    waiting: Option<&'a Waiting>,
}

type Line<'a> = BTreeMap<Uuid, Member<'a>>;

/// Those whose calls are in the history, by event.
fn lines<'a>(case: &Case<'a>, ticketing: &'a Ticketing) -> BTreeMap<EventId, Line<'a>> {
    let mut lines: BTreeMap<EventId, Line<'a>> = BTreeMap::new();
    for call in case.calls.all() {
        if let (Some(user), Op::AddToWaitlist { event_id, count }) = (call.user, &call.op)
            && let Ok(event) = EventId::from_uuid(*event_id)
        {
            lines.entry(event).or_default().entry(user).or_default().op.push((call, *count));
        }
    }
    let is_recorded =
        |user: Uuid, us: u64| case.calls.first_of(user).is_some_and(|first| case.before(first) <= us);
    for message in &ticketing.messages {
        if is_recorded(message.user, us_of_ms(message.told_unix_ms)) {
            let line = lines.entry(message.event).or_default();
            line.entry(message.user).or_default().messages.push(message);
        }
    }
    for waiting in &ticketing.waiting {
        if let Some(member) = lines.get_mut(&waiting.event).and_then(|line| line.get_mut(&waiting.user)) {
            member.waiting = Some(waiting);
        }
    }
    lines
}

/// When somebody's turn came: those who were told come before those who wait.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Turn {
    Told(i64),
    Waits(i64),
}

/// An acknowledged place in the line.
struct Place<'a> {
    call: &'a Call,
    turn: Turn,
}

impl<'a> Member<'a> {
    /// The places that are known for certain; what is wrong with them by themselves goes into the report.
    fn places(&self, report: &mut RuleReport) -> Vec<Place<'a>> {
        let waited_before = self.op.first().is_some_and(|(call, _)| !may_be_done(call) && says_waiting(call));
        if waited_before {
            report.unchecked("places that somebody had before the history begins");
            return Vec::new();
        }
        let joined: Vec<(&Call, u32)> = self.op.iter().filter(|(call, _)| is_done(call)).copied().collect();
        let maybe = self.op.iter().filter(|(call, _)| may_be_done(call)).count() - joined.len();
        let turns = self.messages.len() + usize::from(self.waiting.is_some());
        if turns < joined.len() {
            self.wrong("an acknowledged place in the line is lost", report);
        } else if turns > joined.len() + maybe {
            self.wrong("somebody was told, or waits, more often than they asked", report);
        } else if maybe > 0 {
            report.unchecked("the order of places that a call whose outcome is unknown may have taken");
            self.told_too_much(|_| self.op.iter().map(|(_, count)| *count).max(), report);
        } else {
            self.told_too_much(|index| joined.get(index).map(|(_, count)| *count), report);
            let told = self.messages.iter().map(|message| Turn::Told(message.number));
            let turns = told.chain(self.waiting.map(|waiting| Turn::Waits(waiting.number)));
            return joined.iter().zip(turns).map(|((call, _), turn)| Place { call, turn }).collect();
        }
        Vec::new()
    }

    fn told_too_much(&self, wanted: impl Fn(usize) -> Option<u32>, report: &mut RuleReport) {
        for (index, message) in self.messages.iter().enumerate() {
            if wanted(index).is_some_and(|wanted| message.seats > wanted) {
                let what = format!("message {} tells of more seats than were asked for", message.number);
                self.wrong(&what, report);
            }
        }
    }

    fn wrong(&self, what: &str, report: &mut RuleReport) {
        let calls = self.op.iter().map(|(call, _)| told(call));
        let messages = self.messages.iter().map(|message| {
            format!("message {}: user {} is told of {} seats", message.number, message.user, message.seats)
        });
        let waiting =
            self.waiting.map(|it| format!("entry {}: user {} waits for {}", it.number, it.user, it.wanted));
        report.wrong(what.to_owned(), calls.chain(messages).chain(waiting));
    }
}

fn says_waiting(call: &Call) -> bool {
    matches!(&call.outcome, Outcome::Fail { code, .. } if code == "WAITLIST-01")
}

/// From the last turn to the first: nobody's turn came before that of one whose place was acknowledged before they asked.
fn in_order(mut places: Vec<Place<'_>>, report: &mut RuleReport) {
    places.sort_by_key(|place| std::cmp::Reverse(place.turn));
    let mut earliest: Option<&Call> = None;
    for Place { call, .. } in &places {
        if let Some(passed) = earliest.filter(|later| later.ended_us < call.sent_us) {
            report.wrong(
                "somebody was told before one who joined earlier".to_owned(),
                [told(passed), told(call)],
            );
        }
        if earliest.is_none_or(|later| call.ended_us < later.ended_us) {
            earliest = Some(call);
        }
    }
}

/// What was announced beside what Valkey's map says came free. That is known where all of the line is in the history, the
/// map was there before anybody joined, and nothing happened to it since.
fn came_free(
    case: &Case<'_>,
    ticketing: &Ticketing,
    event: EventId,
    line: &Line<'_>,
    report: &mut RuleReport,
) {
    let Some(map) = case.evidence.looks.first().and_then(|look| look.events.get(&event)) else { return };
    let messages = || ticketing.messages.iter().filter(|message| message.event == event);
    let known: BTreeSet<i64> =
        line.values().flat_map(|member| &member.messages).map(|it| it.number).collect();
    let is_whole = messages().all(|message| known.contains(&message.number))
        && ticketing.waiting.iter().filter(|it| it.event == event).all(|it| line.contains_key(&it.user));
    let first_join = line.values().flat_map(|member| &member.op).map(|(call, _)| call.sent_us).min();
    let is_map_older = case.calls.all().take_while(|call| Some(call.sent_us) < first_join).any(|call| {
        is_done(call)
            && Some(call.ended_us) < first_join
            && matches!(call.op, Op::Reserve { event_id, .. } if event_id == event.as_uuid())
    });
    if !is_whole || !is_map_older || !is_untroubled(case) {
        return report
            .unchecked("whether no more seats were announced than came free: not all of it was recorded");
    }
    let seen_ms = map.map.now_unix_ms;
    let announced: i64 = messages()
        .filter(|message| case.after(us_of_ms(message.told_unix_ms)) < us_of_ms(seen_ms))
        .map(|message| i64::from(message.seats))
        .sum();
    let freed = map.map.meta.freed;
    if announced > freed {
        let what = format!("of event {event} {announced} seats were announced, and {freed} came free");
        report.wrong(what, []);
    }
}

/// No fault, and every call was answered: so Valkey answered too whenever somebody joined.
fn is_untroubled(case: &Case<'_>) -> bool {
    let is_answered = |call: &Call| match call.outcome {
        Outcome::Ok(_) => true,
        Outcome::Fail { status, .. } => status < 500,
        Outcome::Unknown { .. } => false,
    };
    case.faults.is_empty() && case.calls.all().all(is_answered)
}

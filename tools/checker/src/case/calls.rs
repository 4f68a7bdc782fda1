//! The recorded calls, by caller and by what they requested.

use std::collections::{BTreeMap, HashMap};

use booked_ids::{EventId, TicketId};
use uuid::Uuid;

use super::convert::{as_tickets, clock};
use crate::history::{Call, Op, Outcome, Response};

/// In the order in which they were sent.
#[derive(Default)]
pub(crate) struct Calls<'a> {
    all: Vec<&'a Call>,
    by_user: BTreeMap<Uuid, Vec<&'a Call>>,
    books: HashMap<(Uuid, TicketId), Vec<&'a Call>>,
    releases: HashMap<(Uuid, TicketId), Vec<&'a Call>>,
    cancels: HashMap<(Uuid, EventId), Vec<(&'a Call, u32)>>,
    deletes: HashMap<EventId, Vec<&'a Call>>,
    capacities: HashMap<EventId, Vec<(&'a Call, u32)>>,
    /// How many tickets of an event one user may have, of events that were created with a limit.
    limits: BTreeMap<EventId, u32>,
}

impl<'a> Calls<'a> {
    pub(super) fn of(recorded: impl Iterator<Item = &'a Call>) -> Self {
        let mut calls = Self::default();
        calls.all.extend(recorded);
        calls.all.sort_by_key(|call| call.sent_us);
        for call in calls.all.clone() {
            calls.index(call);
        }
        calls
    }

    fn index(&mut self, call: &'a Call) {
        self.index_by_event(call);
        let Some(user) = call.user else { return };
        self.by_user.entry(user).or_default().push(call);
        match &call.op {
            Op::Book { ticket_ids } => {
                for ticket in as_tickets(ticket_ids) {
                    self.books.entry((user, ticket)).or_default().push(call);
                }
            }
            Op::Release { ticket_ids } if may_be_done(call) => {
                for ticket in as_tickets(ticket_ids) {
                    self.releases.entry((user, ticket)).or_default().push(call);
                }
            }
            Op::Cancel { .. } | Op::CancelTickets { .. } if may_be_done(call) => {
                for (event, count) in cancelled_by(&call.op) {
                    self.cancels.entry((user, event)).or_default().push((call, count));
                }
            }
            _ => {}
        }
    }

    /// The events that were created with a limit for each buyer. No recorded call changes it.
    pub(crate) fn limits(&self) -> impl Iterator<Item = (EventId, u32)> + '_ {
        self.limits.iter().map(|(event, limit)| (*event, *limit))
    }

    fn index_by_event(&mut self, call: &'a Call) {
        let id = |id: Uuid| EventId::from_uuid(id).ok();
        match (&call.op, &call.outcome) {
            (Op::CreateEvent { seat_count, max_per_buyer }, Outcome::Ok(Response::Created { event_id })) => {
                if let Some(event) = id(*event_id) {
                    self.limits.extend(max_per_buyer.map(|limit| (event, limit)));
                    self.capacities.entry(event).or_default().push((call, *seat_count));
                }
            }
            (Op::GrowEvent { event_id, seat_count }, _) if may_be_done(call) => {
                if let Some(event) = id(*event_id) {
                    self.capacities.entry(event).or_default().push((call, *seat_count));
                }
            }
            (Op::DeleteEvent { event_id }, _) if may_be_done(call) => {
                if let Some(event) = id(*event_id) {
                    self.deletes.entry(event).or_default().push(call);
                }
            }
            _ => {}
        }
    }

    pub(crate) fn all(&self) -> impl Iterator<Item = &'a Call> {
        self.all.iter().copied()
    }

    pub(crate) fn of_user(&self, user: Uuid) -> impl Iterator<Item = &'a Call> {
        among(self.by_user.get(&user))
    }

    /// When the user's first call was sent; none if their calls are not in the history.
    pub(crate) fn first_of(&self, user: Uuid) -> Option<u64> {
        self.by_user.get(&user)?.first().map(|call| call.sent_us)
    }

    /// Calls that may have deleted the event.
    pub(crate) fn deletes_of(&self, event: EventId) -> impl Iterator<Item = &'a Call> {
        among(self.deletes.get(&event))
    }

    /// Calls that set, or may have set, how many seats the event has, each with that number.
    pub(crate) fn capacities_of(&self, event: EventId) -> &[(&'a Call, u32)] {
        self.capacities.get(&event).map_or(&[], Vec::as_slice)
    }

    /// The user's bookings that name the ticket, whatever came of them.
    pub(crate) fn books(&self, user: Uuid, ticket: TicketId) -> impl Iterator<Item = &'a Call> {
        among(self.books.get(&(user, ticket)))
    }

    /// The user's releases that name the ticket and may have been carried out.
    pub(crate) fn releases(&self, user: Uuid, ticket: TicketId) -> impl Iterator<Item = &'a Call> {
        among(self.releases.get(&(user, ticket)))
    }

    /// The user's cancels of tickets of the event that may have been carried out, each with its count.
    pub(crate) fn cancels(&self, user: Uuid, event: EventId) -> impl Iterator<Item = (&'a Call, u32)> {
        among(self.cancels.get(&(user, event)))
    }

    /// Those of them that may have cancelled this ticket.
    pub(crate) fn cancels_of(&self, user: Uuid, ticket: TicketId) -> impl Iterator<Item = &'a Call> {
        let calls = self.cancels(user, ticket.event()).map(|(call, _)| call);
        calls.filter(move |call| match &call.op {
            Op::CancelTickets { ticket_ids } => ticket_ids.contains(&ticket.as_uuid()),
            _ => true,
        })
    }
}

/// How many tickets of which events a cancel asks for; nothing if it is no cancel.
pub(crate) fn cancelled_by(op: &Op) -> Vec<(EventId, u32)> {
    match op {
        Op::Cancel { event_id, count } => {
            EventId::from_uuid(*event_id).ok().map(|event| (event, *count)).into_iter().collect()
        }
        Op::CancelTickets { ticket_ids } => {
            let mut counts: BTreeMap<EventId, u32> = BTreeMap::new();
            for ticket in as_tickets(ticket_ids) {
                *counts.entry(ticket.event()).or_default() += 1;
            }
            counts.into_iter().collect()
        }
        _ => Vec::new(),
    }
}

fn among<T: Copy>(found: Option<&Vec<T>>) -> impl Iterator<Item = T> {
    found.map_or(&[][..], Vec::as_slice).iter().copied()
}

pub(crate) fn may_be_done(call: &Call) -> bool {
    !matches!(call.outcome, Outcome::Fail { .. })
}

pub(crate) fn is_done(call: &Call) -> bool {
    matches!(call.outcome, Outcome::Ok(_))
}

/// Whether it may take effect after this time: if its outcome is unknown, at any time after it was sent.
pub(crate) fn may_act_after(call: &Call, us: u64) -> bool {
    match call.outcome {
        Outcome::Ok(_) => call.ended_us > us,
        Outcome::Unknown { .. } => true,
        Outcome::Fail { .. } => false,
    }
}

/// A call in one line, for a person.
pub(crate) fn describe(call: &Call) -> String {
    let who = call.user.map_or_else(|| "someone".to_owned(), |user| format!("user {user}"));
    let what = match &call.op {
        Op::Reserve { event_id, count } => format!("reserve {count} of event {event_id}"),
        Op::Release { ticket_ids } => format!("release {}", listed(ticket_ids)),
        Op::Book { ticket_ids } => format!("book {}", listed(ticket_ids)),
        Op::Cancel { event_id, count } => format!("cancel {count} of event {event_id}"),
        Op::CancelTickets { ticket_ids } => format!("cancel {}", listed(ticket_ids)),
        Op::AddToWaitlist { event_id, count } => format!("wait for {count} of event {event_id}"),
        Op::ListBookings => "list bookings".to_owned(),
        Op::ReadEvent { event_id } => format!("read event {event_id}"),
        Op::CreateEvent { seat_count, .. } => format!("create an event of {seat_count}"),
        Op::GrowEvent { event_id, seat_count } => format!("grow event {event_id} to {seat_count}"),
        Op::DeleteEvent { event_id } => format!("delete event {event_id}"),
    };
    let outcome = match &call.outcome {
        Outcome::Ok(_) => "ok".to_owned(),
        Outcome::Fail { status, code } => format!("failed, {status} {code}"),
        Outcome::Unknown { cause } => format!("outcome unknown ({cause})"),
    };
    format!("{who}: {what}; sent {}, ended {}: {outcome}", clock(call.sent_us), clock(call.ended_us))
}

const TICKETS_SHOWN_MAX: usize = 4;

fn listed(tickets: &[Uuid]) -> String {
    let mut shown: Vec<String> = tickets.iter().take(TICKETS_SHOWN_MAX).map(Uuid::to_string).collect();
    if tickets.len() > TICKETS_SHOWN_MAX {
        shown.push(format!("and {} more", tickets.len() - TICKETS_SHOWN_MAX));
    }
    format!("{} ({})", shown.join(", "), tickets.len())
}

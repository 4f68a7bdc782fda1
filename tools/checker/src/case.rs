//! The evidence with the indices that the rules look things up in.

mod calls;
mod certain;
mod convert;
mod ownership;

use std::collections::{BTreeMap, HashMap};

use booked_ids::{EventId, TicketId};
use uuid::Uuid;

pub(crate) use self::{
    calls::{Calls, is_done, may_act_after, may_be_done, told},
    certain::{Span, Taken},
    convert::{as_tickets, clock, ticket, us_of_ms, us_of_s},
    ownership::{Broken, Ended, Folded, Ownership},
};
use crate::{
    evidence::Evidence,
    history::{Fault, Line},
};

/// The ledger's times are rounded down to milliseconds.
const ROUNDING_US: u64 = 1_000;

/// The evidence and what follows from it.
pub(crate) struct Case<'a> {
    pub(crate) evidence: &'a Evidence,
    pub(crate) calls: Calls<'a>,
    pub(crate) faults: Vec<&'a Fault>,
    /// Who owned what and when, as the ledger says, by ticket; in the order of the ledger.
    pub(crate) ownerships: BTreeMap<TicketId, Vec<Ownership>>,
    /// What in the ledger cannot be.
    pub(crate) broken: Vec<Broken>,
    /// How many tickets were cancelled whose booking is archived.
    pub(crate) ends_of_archived: usize,
    /// What buyers surely held, by ticket, as far as what they recorded tells.
    pub(crate) held: HashMap<TicketId, Vec<Span<'a>>>,
    /// What buyers surely owned, by ticket.
    pub(crate) sold: HashMap<TicketId, Vec<Span<'a>>>,
    /// How many of an event's seats were surely held or owned, and when.
    pub(crate) taken: Taken,
    by_owner: HashMap<(Uuid, EventId), Vec<Ownership>>,
    skew_us: u64,
}

impl<'a> Case<'a> {
    pub(crate) fn of(evidence: &'a Evidence) -> Self {
        let calls = Calls::of(&evidence.history);
        let faults = evidence.history.iter().filter_map(|line| match line {
            Line::Fault(fault) => Some(fault),
            Line::Call(_) | Line::Settings(_) => None,
        });
        let faults: Vec<&Fault> = faults.collect();
        let folded = evidence.ticketing.as_ref();
        let folded = folded.map(|ticketing| ownership::fold(&ticketing.ledger, &ticketing.archived_attempts));
        let Folded { ownerships, broken, ends_of_archived } = folded.unwrap_or_default();
        let mut by_owner: HashMap<_, Vec<Ownership>> = HashMap::new();
        for owned in ownerships.values().flatten().filter(|it| calls.first_of(it.user).is_some()) {
            by_owner.entry((owned.user, owned.ticket.event())).or_default().push(owned.clone());
        }
        let skew_us = u64::try_from(evidence.clock_skew.as_micros()).unwrap_or(u64::MAX);
        let skew_us = skew_us.saturating_add(ROUNDING_US);
        let (held, sold) = (certain::holds(&calls, &faults, skew_us), certain::sold(&calls));
        Self {
            faults,
            ownerships,
            broken,
            ends_of_archived,
            taken: Taken::of(held.iter().chain(&sold)),
            held,
            sold,
            by_owner,
            calls,
            skew_us,
            evidence,
        }
    }

    /// A little earlier than this time of another clock.
    pub(crate) fn before(&self, us: u64) -> u64 {
        us.saturating_sub(self.skew_us)
    }

    /// A little later than this time of another clock.
    pub(crate) fn after(&self, us: u64) -> u64 {
        us.saturating_add(self.skew_us)
    }

    /// Whether what was asked for at this time may be archived: then the ledger has its sums only.
    pub(crate) fn may_be_archived(&self, us: u64) -> bool {
        self.archived_before_us().is_some_and(|archived| us <= self.after(archived))
    }

    /// Whether what was done by this time is archived for certain.
    pub(crate) fn is_archived(&self, us: u64) -> bool {
        self.archived_before_us().is_some_and(|archived| us < self.before(archived))
    }

    fn archived_before_us(&self) -> Option<u64> {
        self.evidence.ticketing.as_ref()?.archived_before_ms.map(us_of_ms)
    }

    /// Whether the ledger may lack this user's booking of this ticket, because it is archived.
    pub(crate) fn booking_may_be_archived(&self, user: Uuid, ticket: TicketId) -> bool {
        self.calls.books(user, ticket).any(|call| may_be_done(call) && self.may_be_archived(call.sent_us))
    }

    /// Whether Valkey may have forgotten something of this time.
    pub(crate) fn may_have_forgotten(&self, from_us: u64, until_us: u64) -> bool {
        self.faults
            .iter()
            .any(|fault| fault.valkey_may_forget && fault.began_us <= until_us && fault.ended_us >= from_us)
    }

    /// Whether an event is deleted, in any of the databases.
    pub(crate) fn is_deleted(&self, event: EventId) -> bool {
        let at_ticketing =
            self.evidence.ticketing.as_ref().and_then(|ticketing| ticketing.events.get(&event));
        let at_event = self.evidence.events.as_ref().and_then(|events| events.get(&event));
        [at_ticketing, at_event].into_iter().flatten().any(|row| row.deleted)
    }

    /// Whether an event was deleted by somebody whose call is not in the history: nobody knows when.
    pub(crate) fn vanished(&self, event: EventId) -> bool {
        self.is_deleted(event) && self.calls.deletes_of(event).next().is_none()
    }

    /// What a user whose calls are in the history ever owned of an event, as the ledger says.
    pub(crate) fn owned_by(&self, user: Uuid, event: EventId) -> &[Ownership] {
        self.by_owner.get(&(user, event)).map_or(&[], Vec::as_slice)
    }

    /// When an ownership surely was over: when a cancel was answered that can have been its end. A transaction's time is
    /// that of its beginning, and what it did is seen later.
    pub(crate) fn surely_over(&self, owned: &Ownership) -> u64 {
        let Some(Ended { cancelled_us, .. }) = owned.until else { return u64::MAX };
        let cancels = self.calls.cancels(owned.user, owned.ticket.event()).map(|(cancel, _)| cancel);
        let fitting = cancels.filter(|cancel| {
            cancel.sent_us <= self.after(cancelled_us) && may_act_after(cancel, self.before(cancelled_us))
        });
        let over = fitting.map(|cancel| if is_done(cancel) { cancel.ended_us } else { u64::MAX });
        over.max().unwrap_or(u64::MAX)
    }
}

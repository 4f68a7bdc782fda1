//! The evidence with the indices that the rules need.

mod calls;
mod certain;
mod convert;
mod ownership;
mod tries;

use std::collections::{BTreeMap, HashMap};

use booked_ids::{EventId, TicketId};
use uuid::Uuid;

use self::tries::faults;
pub(crate) use self::{
    calls::{Calls, cancelled_by, describe, is_done, may_act_after, may_be_done},
    certain::{Span, TakenSeats},
    convert::{as_tickets, clock, ticket, us_of_ms, us_of_s},
    ownership::{Cancellation, Contradiction, Ownership, Replay},
    tries::{key_may_be_lost, on_their_own},
};
use crate::{
    evidence::Evidence,
    history::{Call, Fault, Line},
};

/// The ledger's times are rounded down to milliseconds.
const ROUNDING_US: u64 = 1_000;

pub(crate) struct Case<'a> {
    pub(crate) evidence: &'a Evidence,
    pub(crate) calls: Calls<'a>,
    pub(crate) faults: Vec<&'a Fault>,
    /// Who owned what and when according to the ledger: by ticket, in the order of the ledger.
    pub(crate) ownerships: BTreeMap<TicketId, Vec<Ownership>>,
    pub(crate) contradictions: Vec<Contradiction>,
    /// Cancelled tickets whose booking is archived.
    pub(crate) cancels_of_archived: usize,
    /// What buyers certainly held according to what they recorded, by ticket.
    pub(crate) held: HashMap<TicketId, Vec<Span<'a>>>,
    /// What buyers certainly owned, by ticket.
    pub(crate) sold: HashMap<TicketId, Vec<Span<'a>>>,
    pub(crate) taken: TakenSeats,
    by_owner: HashMap<(Uuid, EventId), Vec<Ownership>>,
    skew_us: u64,
}

impl<'a> Case<'a> {
    /// `requests`: those that are calls of their own, see [`on_their_own`].
    pub(crate) fn of(evidence: &'a Evidence, requests: &'a [Call]) -> Self {
        let faults = faults(&evidence.history);
        let calls = evidence.history.iter().filter_map(|line| match line {
            Line::Call(call) if !key_may_be_lost(call, &faults) => Some(call),
            _ => None,
        });
        let calls = Calls::of(calls.chain(requests));
        let ticketing = evidence.ticketing.as_ref();
        let replay =
            ticketing.map(|ticketing| ownership::replay(&ticketing.ledger, &ticketing.archived_attempts));
        let Replay { ownerships, contradictions, cancels_of_archived } = replay.unwrap_or_default();
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
            contradictions,
            cancels_of_archived,
            taken: TakenSeats::of(held.iter().chain(&sold)),
            held,
            sold,
            by_owner,
            calls,
            skew_us,
            evidence,
        }
    }

    /// The earliest that this time of another clock can be.
    pub(crate) fn before(&self, us: u64) -> u64 {
        us.saturating_sub(self.skew_us)
    }

    /// The latest that this time of another clock can be.
    pub(crate) fn after(&self, us: u64) -> u64 {
        us.saturating_add(self.skew_us)
    }

    /// Whether what was requested at this time may be archived: then the ledger has only its sums.
    pub(crate) fn may_be_archived(&self, us: u64) -> bool {
        self.archived_before_us().is_some_and(|archived| us <= self.after(archived))
    }

    /// Whether what was done by this time is certainly archived.
    pub(crate) fn is_archived(&self, us: u64) -> bool {
        self.archived_before_us().is_some_and(|archived| us < self.before(archived))
    }

    fn archived_before_us(&self) -> Option<u64> {
        self.evidence.ticketing.as_ref()?.archived_before_ms.map(us_of_ms)
    }

    /// Whether the user's booking of the ticket may be missing from the ledger because it is archived.
    pub(crate) fn booking_may_be_archived(&self, user: Uuid, ticket: TicketId) -> bool {
        self.calls.books(user, ticket).any(|call| may_be_done(call) && self.may_be_archived(call.sent_us))
    }

    /// Whether Valkey may have lost writes of this time.
    pub(crate) fn may_have_lost_writes(&self, from_us: u64, until_us: u64) -> bool {
        self.faults.iter().any(|fault| {
            fault.valkey_may_lose_writes && fault.began_us <= until_us && fault.ended_us >= from_us
        })
    }

    /// According to any of the databases.
    pub(crate) fn is_deleted(&self, event: EventId) -> bool {
        let at_ticketing =
            self.evidence.ticketing.as_ref().and_then(|ticketing| ticketing.events.get(&event));
        let at_event = self.evidence.events.as_ref().and_then(|events| events.get(&event));
        [at_ticketing, at_event].into_iter().flatten().any(|row| row.deleted)
    }

    /// Whether it was deleted by a call that is not in the history: then nobody knows when.
    pub(crate) fn was_deleted_unrecorded(&self, event: EventId) -> bool {
        self.is_deleted(event) && self.calls.deletes_of(event).next().is_none()
    }

    /// What the user ever owned of the event according to the ledger, if their calls are in the history.
    pub(crate) fn owned_by(&self, user: Uuid, event: EventId) -> &[Ownership] {
        self.by_owner.get(&(user, event)).map_or(&[], Vec::as_slice)
    }

    /// When an ownership had certainly ended: when a cancel was answered that can have been its end. The time of a
    /// transaction is when it began, and its effect is seen later.
    pub(crate) fn certainly_ended_us(&self, owned: &Ownership) -> u64 {
        let Some(Cancellation { cancelled_us, .. }) = owned.until else { return u64::MAX };
        let cancels = self.calls.cancels_of(owned.user, owned.ticket);
        let possible = cancels.filter(|cancel| {
            cancel.sent_us <= self.after(cancelled_us) && may_act_after(cancel, self.before(cancelled_us))
        });
        let ends = possible.map(|cancel| if is_done(cancel) { cancel.ended_us } else { u64::MAX });
        ends.max().unwrap_or(u64::MAX)
    }
}

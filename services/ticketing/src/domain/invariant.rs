//! What must always hold of a sale, whatever stops, comes late or is lost, and how it shows that it does not.

use booked_ids::{EventId, TicketId};

/// Something that must always hold.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Invariant {
    /// Every ticket was written by a booking that is in the books as booked.
    TicketHasBooking,
    /// Every ticket is of an event that is known.
    TicketHasEvent,
    /// No seat beyond an event's capacity is sold.
    SeatWithinCapacity,
    /// Nothing is left of a purged event.
    NothingOfPurged,
    /// An event's tickets change by what the ledger says, and by nothing else.
    TicketsFollowLedger,
    /// An event's count of sold seats is that of its tickets.
    TicketsAreCounted,
    /// Nobody has more tickets of an event than the highest limit for each buyer that it ever had.
    BuyerWithinLimit,
    /// The counts of an inventory say what its bits, holds and claims say.
    InventoryIsCounted,
    /// An inventory offers no seats that Postgres does not have.
    InventoryWithinCapacity,
}

impl Invariant {
    /// Every one.
    pub const ALL: [Self; 9] = [
        Self::TicketHasBooking,
        Self::TicketHasEvent,
        Self::SeatWithinCapacity,
        Self::NothingOfPurged,
        Self::TicketsFollowLedger,
        Self::TicketsAreCounted,
        Self::BuyerWithinLimit,
        Self::InventoryIsCounted,
        Self::InventoryWithinCapacity,
    ];

    /// As it is counted.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::TicketHasBooking => "ticket_has_booking",
            Self::TicketHasEvent => "ticket_has_event",
            Self::SeatWithinCapacity => "seat_within_capacity",
            Self::NothingOfPurged => "nothing_of_purged",
            Self::TicketsFollowLedger => "tickets_follow_ledger",
            Self::TicketsAreCounted => "tickets_are_counted",
            Self::BuyerWithinLimit => "buyer_within_limit",
            Self::InventoryIsCounted => "inventory_is_counted",
            Self::InventoryWithinCapacity => "inventory_within_capacity",
        }
    }
}

/// An invariant does not hold.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Violation {
    /// Which.
    pub invariant: Invariant,
    /// Of what, and how it shows.
    pub what: String,
}

/// A ticket, and what belongs to it, at one moment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AuditedTicket {
    /// Which.
    pub ticket: TicketId,
    /// Whether its booking is in the books as booked.
    pub is_booked: bool,
    /// Its event; none if that is unknown.
    pub event: Option<AuditedEvent>,
}

/// A ticket's event.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AuditedEvent {
    /// How many seats it has.
    pub capacity: u32,
    /// Whether nothing should be left of it.
    pub is_purged: bool,
}

impl AuditedTicket {
    /// What does not hold of it.
    #[must_use]
    pub fn violations(&self) -> Vec<Violation> {
        let broken = [
            (Invariant::TicketHasBooking, !self.is_booked),
            (Invariant::TicketHasEvent, self.event.is_none()),
            (
                Invariant::SeatWithinCapacity,
                self.event.is_some_and(|event| self.ticket.seat().get() > event.capacity),
            ),
            (Invariant::NothingOfPurged, self.event.is_some_and(|event| event.is_purged)),
        ];
        let broken = broken.into_iter().filter(|(_, is_broken)| *is_broken);
        broken
            .map(|(invariant, _)| Violation { invariant, what: format!("ticket {}", self.ticket) })
            .collect()
    }
}

/// An event's tickets at two moments, and what the ledger says of the time between them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TicketsBetween {
    /// The event.
    pub event: EventId,
    /// Tickets at the first moment.
    pub before: i64,
    /// Tickets at the second.
    pub now: i64,
    /// Seats booked less seats cancelled between them.
    pub change: i64,
}

impl TicketsBetween {
    /// Whether the tickets went another way than the ledger.
    #[must_use]
    pub fn violation(&self) -> Option<Violation> {
        let Self { event, before, now, change } = self;
        (before + change != *now).then(|| Violation {
            invariant: Invariant::TicketsFollowLedger,
            what: format!(
                "event {event} had {before} tickets and has {now}, but the ledger says {change:+} of it"
            ),
        })
    }
}

/// An event's tickets beside their count, at one moment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TicketsCounted {
    /// The event.
    pub event: EventId,
    /// Its tickets.
    pub tickets: i64,
    /// As many as were counted when they were booked and cancelled.
    pub counted: i64,
    /// How many of them the user with the most of them has, and the highest limit for each buyer that the event ever had; none if
    /// it ever had none.
    pub most_and_limit: Option<(i64, i64)>,
}

impl TicketsCounted {
    /// What does not hold of them.
    #[must_use]
    pub fn violations(&self) -> Vec<Violation> {
        let Self { event, tickets, counted, most_and_limit } = self;
        let miscounted = (tickets != counted).then(|| Violation {
            invariant: Invariant::TicketsAreCounted,
            what: format!("event {event} has {tickets} tickets, and {counted} are counted"),
        });
        let over = most_and_limit.filter(|(most, limit)| most > limit).map(|(most, limit)| Violation {
            invariant: Invariant::BuyerWithinLimit,
            what: format!(
                "a user has {most} tickets of event {event}, and {limit} is the most that one ever might have"
            ),
        });
        miscounted.into_iter().chain(over).collect()
    }
}

/// What an inventory says of itself, at one moment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct InventoryFigures {
    /// How many seats it offers.
    pub capacity: i64,
    /// Taken seats, as they were counted.
    pub counted: i64,
    /// Taken seats, as the bits say.
    pub bits: i64,
    /// Held seats.
    pub holds: i64,
    /// Seats that are settling.
    pub settling: i64,
    /// Their claims.
    pub claims: i64,
}

impl InventoryFigures {
    /// What does not hold of the inventory of an event that has this many seats. The figures were read first, and a capacity only
    /// rises.
    #[must_use]
    pub fn violations(&self, event: EventId, capacity: u32) -> Vec<Violation> {
        let is_counted = self.counted == self.bits
            && self.settling == self.claims
            && self.holds + self.settling <= self.bits;
        let broken = [
            (Invariant::InventoryIsCounted, !is_counted),
            (Invariant::InventoryWithinCapacity, self.capacity > i64::from(capacity)),
        ];
        let broken = broken.into_iter().filter(|(_, is_broken)| *is_broken);
        let what = || format!("event {event} of {capacity} seats: {self:?}");
        broken.map(|(invariant, _)| Violation { invariant, what: what() }).collect()
    }
}

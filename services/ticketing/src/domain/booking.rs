//! Tickets of one request, by event, and what is to be done about them.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use booked_ids::{EventId, SeatNumber, TicketId, UserId};

use super::seat::{SeatStates, SeatStatus};

/// Tickets by event, in the order of ids: the order in which every part of the system claims and locks.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Tickets(BTreeMap<EventId, BTreeSet<SeatNumber>>);

impl Tickets {
    /// Adds a ticket; the same one twice counts once.
    pub fn insert(&mut self, ticket: TicketId) {
        self.0.entry(ticket.event()).or_default().insert(ticket.seat());
    }

    /// Takes a ticket out.
    pub fn remove(&mut self, ticket: TicketId) {
        if let Some(seats) = self.0.get_mut(&ticket.event()) {
            seats.remove(&ticket.seat());
            if seats.is_empty() {
                self.0.remove(&ticket.event());
            }
        }
    }

    /// Whether there is none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// How many there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.0.values().map(BTreeSet::len).sum()
    }

    /// The events with their seats, rising.
    pub fn by_event(&self) -> impl Iterator<Item = (EventId, Vec<SeatNumber>)> {
        self.0.iter().map(|(event, seats)| (*event, seats.iter().copied().collect()))
    }

    /// The tickets, rising.
    pub fn iter(&self) -> impl Iterator<Item = TicketId> {
        self.0.iter().flat_map(|(event, seats)| seats.iter().map(|seat| event.ticket(*seat)))
    }
}

impl FromIterator<TicketId> for Tickets {
    fn from_iter<I: IntoIterator<Item = TicketId>>(tickets: I) -> Self {
        let mut all = Self::default();
        tickets.into_iter().for_each(|ticket| all.insert(ticket));
        all
    }
}

/// What a user asks to book or to release.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Requested {
    /// The tickets.
    pub tickets: Tickets,
    /// Whether there were ids among them that no ticket can have, and that nobody can hold therefore.
    pub any_unknown: bool,
}

/// How a request's tickets stand with the user: from what Valkey shows, then from what Postgres knows of the rest.
#[derive(Clone, Debug, Default)]
pub struct Triage {
    /// Held by the user: these can be claimed.
    pub held: Tickets,
    /// The user's own booking of these is under way: wait for it.
    pub under_way: Tickets,
    /// Valkey shows them with somebody else.
    others: Tickets,
    /// Valkey shows nothing.
    unheld: Tickets,
}

/// Why a booking or a release is refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Refusal {
    /// A ticket is held by or sold to somebody else. It outweighs the other.
    NotYours,
    /// A ticket is not held by the user, or no more.
    NotReserved,
}

impl Triage {
    /// Sorts the seats of one event by what Valkey shows.
    pub fn add(&mut self, event: EventId, states: &SeatStates, user: UserId) {
        for state in &states.seats {
            let group = match state.status(user, states.now_unix_ms) {
                SeatStatus::Held => &mut self.held,
                SeatStatus::UnderWay => &mut self.under_way,
                SeatStatus::Others => &mut self.others,
                SeatStatus::Unheld => &mut self.unheld,
            };
            group.insert(event.ticket(state.seat));
        }
    }

    /// Sorts the seats of one event of which Valkey can show nothing.
    pub fn add_unseen(&mut self, event: EventId, seats: &[SeatNumber]) {
        seats.iter().for_each(|seat| self.unheld.insert(event.ticket(*seat)));
    }

    /// The tickets that Postgres must be asked about: all that the user does not hold.
    #[must_use]
    pub fn to_ask(&self) -> Vec<TicketId> {
        self.under_way.iter().chain(self.others.iter()).chain(self.unheld.iter()).collect()
    }

    /// Applies what Postgres knows: what the user owns already is done; what is left and not held refuses the whole.
    ///
    /// # Errors
    ///
    /// The [`Refusal`] that weighs most.
    pub fn decide(mut self, owners: &HashMap<TicketId, UserId>, user: UserId) -> Result<Self, Refusal> {
        for (ticket, owner) in owners {
            if *owner == user {
                for group in [&mut self.under_way, &mut self.others, &mut self.unheld] {
                    group.remove(*ticket);
                }
            }
        }
        let sold_to_others = owners.values().any(|owner| *owner != user);
        if sold_to_others || !self.others.is_empty() {
            return Err(Refusal::NotYours);
        }
        if !self.unheld.is_empty() {
            return Err(Refusal::NotReserved);
        }
        Ok(self)
    }

    /// For releasing: every ticket must be held.
    ///
    /// # Errors
    ///
    /// The [`Refusal`] that weighs most; one's own sold or settling ticket is not held.
    pub fn all_held(self) -> Result<Tickets, Refusal> {
        if !self.others.is_empty() {
            return Err(Refusal::NotYours);
        }
        if !self.unheld.is_empty() || !self.under_way.is_empty() {
            return Err(Refusal::NotReserved);
        }
        Ok(self.held)
    }
}

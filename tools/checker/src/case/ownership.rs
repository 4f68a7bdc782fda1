//! Who owned which ticket and when, according to the ledger.
//!
//! For a single seat the order of rows is the order in which things happened, although that is not quite true for the
//! whole ledger: a booking that finds a seat free took its row's id after the cancel that freed the seat was committed,
//! and a cancel finds only what was committed before it took its own id.

use std::collections::{BTreeMap, HashSet};

use booked_contract::feed::{TicketsBooked, TicketsCancelled};
use booked_ids::TicketId;
use uuid::Uuid;

use super::convert::{ticket, us_of_ms};
use crate::evidence::{Fact, LedgerEntry, Position};

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Ownership {
    pub(crate) ticket: TicketId,
    pub(crate) user: Uuid,
    pub(crate) booking: Uuid,
    /// The row of the booking.
    pub(crate) from: Position,
    /// When the booking's transaction began.
    pub(crate) booked_us: u64,
    /// None if it was not cancelled.
    pub(crate) until: Option<Cancellation>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Cancellation {
    pub(crate) position: Position,
    /// When its transaction began.
    pub(crate) cancelled_us: u64,
}

/// Something in the ledger that is impossible.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Contradiction {
    pub(crate) what: String,
    pub(crate) shown_by: Vec<String>,
}

/// Replays the ledger, which no longer contains the bookings of the archived attempts.
pub(crate) fn replay(ledger: &[LedgerEntry], archived: &HashSet<Uuid>) -> Replay {
    let mut replay = Replay::default();
    for entry in ledger {
        match &entry.fact {
            Fact::Booked(booked) => replay.booked(entry.position, booked),
            Fact::Cancelled(cancelled) => replay.cancelled(entry.position, cancelled, archived),
            Fact::Counted(_) | Fact::OnSale(_) => {}
        }
    }
    replay
}

impl Ownership {
    pub(crate) fn covers(&self, position: Position) -> bool {
        self.from < position && self.until.is_none_or(|end| end.position > position)
    }
}

#[derive(Default)]
pub(crate) struct Replay {
    /// By ticket, in their order.
    pub(crate) ownerships: BTreeMap<TicketId, Vec<Ownership>>,
    pub(crate) contradictions: Vec<Contradiction>,
    /// Cancelled tickets whose booking is archived.
    pub(crate) cancels_of_archived: usize,
}

impl Replay {
    fn booked(&mut self, position: Position, booked: &TicketsBooked) {
        for seat in &booked.seats {
            let Some(ticket) = ticket(booked.event_id, *seat) else {
                self.contradict("the ledger books a ticket that cannot exist", vec![row(position, booked)]);
                continue;
            };
            let owners = self.ownerships.entry(ticket).or_default();
            if let Some(owner) = owners.iter().find(|owner| owner.until.is_none()) {
                let shown_by = vec![
                    format!(
                        "ledger row {}: booked by user {}, attempt {}",
                        owner.from, owner.user, owner.booking
                    ),
                    row(position, booked),
                ];
                self.contradictions.push(Contradiction {
                    what: format!("ticket {ticket} has two owners in the ledger"),
                    shown_by,
                });
            }
            let owners = self.ownerships.entry(ticket).or_default();
            owners.push(Ownership {
                ticket,
                user: booked.user_id,
                booking: booked.booking_id,
                from: position,
                booked_us: us_of_ms(booked.booked_unix_ms),
                until: None,
            });
        }
    }

    fn cancelled(&mut self, position: Position, cancelled: &TicketsCancelled, archived: &HashSet<Uuid>) {
        for gone in &cancelled.tickets {
            let row = || {
                format!(
                    "ledger row {}: user {} cancels seat {} of event {}, booked by attempt {}",
                    position, cancelled.user_id, gone.seat, cancelled.event_id, gone.booking_id
                )
            };
            let cancellation = Cancellation { position, cancelled_us: us_of_ms(cancelled.cancelled_unix_ms) };
            let owners = ticket(cancelled.event_id, gone.seat).and_then(|it| self.ownerships.get_mut(&it));
            let owner = owners.and_then(|owners| {
                owners.iter_mut().find(|owner| {
                    owner.until.is_none()
                        && owner.user == cancelled.user_id
                        && owner.booking == gone.booking_id
                        && owner.booked_us == us_of_ms(gone.booked_unix_ms)
                })
            });
            match owner {
                Some(owner) => owner.until = Some(cancellation),
                None if archived.contains(&gone.booking_id) => self.cancels_of_archived += 1,
                None => self.contradict("the ledger cancels what its user does not own", vec![row()]),
            }
        }
    }

    fn contradict(&mut self, what: &str, shown_by: Vec<String>) {
        self.contradictions.push(Contradiction { what: what.to_owned(), shown_by });
    }
}

fn row(position: Position, booked: &TicketsBooked) -> String {
    format!(
        "ledger row {}: booked by user {}, attempt {}, event {}, {} seats",
        position,
        booked.user_id,
        booked.booking_id,
        booked.event_id,
        booked.seats.len()
    )
}

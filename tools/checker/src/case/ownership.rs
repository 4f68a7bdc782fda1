//! Who owned which ticket and when, as the ledger says.
//!
//! For one seat the order of rows is the order in which things happened, though for the ledger as a whole it is not quite:
//! a booking that finds a seat free took its row's id after the cancel that freed it was committed, and a cancel finds only
//! what was committed before it took its own.

use std::collections::{BTreeMap, HashSet};

use booked_contract::feed::{TicketsBooked, TicketsCancelled};
use booked_ids::TicketId;
use uuid::Uuid;

use super::convert::{ticket, us_of_ms};
use crate::evidence::{Entry, Happened, Position};

/// One ownership of a ticket.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Ownership {
    pub(crate) ticket: TicketId,
    pub(crate) user: Uuid,
    pub(crate) booking: Uuid,
    /// The row of its booking.
    pub(crate) from: Position,
    /// When the transaction of its booking began.
    pub(crate) booked_us: u64,
    /// Its end, where it was cancelled.
    pub(crate) until: Option<Ended>,
}

/// A cancel of a ticket.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Ended {
    /// The row of the cancel.
    pub(crate) at: Position,
    /// When its transaction began.
    pub(crate) cancelled_us: u64,
}

/// Something in the ledger that cannot be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Broken {
    pub(crate) what: String,
    pub(crate) shown_by: Vec<String>,
}

/// What the ledger comes to; the bookings of these attempts are no longer in it.
pub(crate) fn fold(ledger: &[Entry], archived: &HashSet<Uuid>) -> Folded {
    let mut folded = Folded::default();
    for entry in ledger {
        match &entry.what {
            Happened::Booked(booked) => folded.booked(entry.position, booked),
            Happened::Cancelled(cancelled) => folded.cancelled(entry.position, cancelled, archived),
            Happened::Counted(_) | Happened::OnSale(_) => {}
        }
    }
    folded
}

impl Ownership {
    pub(crate) fn covers(&self, position: Position) -> bool {
        self.from < position && self.until.is_none_or(|end| end.at > position)
    }
}

/// What a ledger comes to.
#[derive(Default)]
pub(crate) struct Folded {
    /// All ownerships by ticket, each ticket's in their order.
    pub(crate) ownerships: BTreeMap<TicketId, Vec<Ownership>>,
    /// What cannot be.
    pub(crate) broken: Vec<Broken>,
    /// How many tickets were cancelled whose booking is archived.
    pub(crate) ends_of_archived: usize,
}

impl Folded {
    fn booked(&mut self, position: Position, booked: &TicketsBooked) {
        for seat in &booked.seats {
            let Some(ticket) = ticket(booked.event_id, *seat) else {
                self.break_with("the ledger books a ticket that cannot be", vec![row(position, booked)]);
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
                self.broken
                    .push(Broken { what: format!("ticket {ticket} has two owners in the ledger"), shown_by });
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
            let ended = Ended { at: position, cancelled_us: us_of_ms(cancelled.cancelled_unix_ms) };
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
                Some(owner) => owner.until = Some(ended),
                None if archived.contains(&gone.booking_id) => self.ends_of_archived += 1,
                None => self.break_with("the ledger cancels what its user does not own", vec![row()]),
            }
        }
    }

    fn break_with(&mut self, what: &str, shown_by: Vec<String>) {
        self.broken.push(Broken { what: what.to_owned(), shown_by });
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

//! A ticket's id: its event's id with the seat number in the last 32 bits.

use std::fmt;

use uuid::Uuid;

use crate::{EventId, SeatNumber, event_id::low_32_bits};

/// The UUID is not a ticket's id.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not the id of a ticket")]
pub struct NoTicketId;

/// The ticket for one seat of one event.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct TicketId {
    event: EventId,
    seat: SeatNumber,
}

impl TicketId {
    /// The ticket of this UUID.
    ///
    /// # Errors
    ///
    /// [`NoTicketId`] if the UUID names no seat or no event: nobody was ever given such a ticket.
    pub fn from_uuid(uuid: Uuid) -> Result<Self, NoTicketId> {
        let seat = SeatNumber::new(low_32_bits(uuid)).ok_or(NoTicketId)?;
        let mut bytes = uuid.into_bytes();
        bytes[12..].fill(0);
        let event = EventId::from_uuid(Uuid::from_bytes(bytes)).map_err(|_| NoTicketId)?;
        Ok(Self { event, seat })
    }

    /// The event that the ticket is for.
    #[must_use]
    pub fn event(self) -> EventId {
        self.event
    }

    /// The seat that the ticket is for.
    #[must_use]
    pub fn seat(self) -> SeatNumber {
        self.seat
    }

    /// The id as a UUID.
    #[must_use]
    pub fn as_uuid(self) -> Uuid {
        let mut bytes = self.event.as_uuid().into_bytes();
        bytes[12..].copy_from_slice(&self.seat.get().to_be_bytes());
        Uuid::from_bytes(bytes)
    }
}

impl EventId {
    /// The ticket for one of the event's seats.
    #[must_use]
    pub fn ticket(self, seat: SeatNumber) -> TicketId {
        TicketId { event: self, seat }
    }
}

impl fmt::Display for TicketId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.as_uuid().as_hyphenated().fmt(f)
    }
}

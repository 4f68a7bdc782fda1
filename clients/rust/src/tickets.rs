//! Takes the ids of tickets apart.

pub use booked_ids::NoTicketId;
use booked_ids::TicketId;
use uuid::Uuid;

/// The id of the event that a ticket is for.
///
/// # Errors
///
/// If it is not the id of a ticket.
pub fn event_of(ticket_id: Uuid) -> Result<Uuid, NoTicketId> {
    TicketId::from_uuid(ticket_id).map(|ticket| ticket.event().as_uuid())
}

/// The number of the seat that a ticket is for, from 1.
///
/// # Errors
///
/// If it is not the id of a ticket.
pub fn seat_of(ticket_id: Uuid) -> Result<u32, NoTicketId> {
    TicketId::from_uuid(ticket_id).map(|ticket| ticket.seat().get())
}

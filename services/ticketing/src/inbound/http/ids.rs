//! Ids in bodies, read as the contract says: what is no UUID is invalid; a UUID that was never given out is unknown.

use booked_contract::{Code, ticket::TicketIds};
use booked_ids::{EventId, TicketId, parse_uuid};
use booked_server::ApiError;

use crate::domain::booking::{Requested, Tickets};

/// The most ids in one call, as they are sent.
const TICKET_IDS_MAX: usize = 1_000;

/// The event, if one could have this id.
pub(super) fn event_id(text: &str) -> Result<Option<EventId>, ApiError> {
    let uuid = parse_uuid(text).map_err(|error| ApiError::new(Code::InvalidUuid).with_detail(error))?;
    Ok(EventId::from_uuid(uuid).ok())
}

pub(super) fn requested(body: &TicketIds) -> Result<Requested, ApiError> {
    let (mut tickets, mut any_unknown) = (Tickets::default(), false);
    for text in &body.ticket_ids {
        let uuid = parse_uuid(text).map_err(|error| ApiError::new(Code::InvalidUuid).with_detail(error))?;
        match TicketId::from_uuid(uuid) {
            Ok(ticket) => tickets.insert(ticket),
            Err(_) => any_unknown = true,
        }
    }
    let count = body.ticket_ids.len();
    if count == 0 || count > TICKET_IDS_MAX {
        let detail = format!("1 to {TICKET_IDS_MAX} ticket_ids are taken");
        return Err(ApiError::new(Code::TooFewTickets).with_detail(detail));
    }
    Ok(Requested { tickets, any_unknown })
}

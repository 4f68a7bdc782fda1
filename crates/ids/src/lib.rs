//! Ids of users, events and tickets.
//!
//! An event's id ends in 32 zero bits, and a ticket's id is its event's id with the seat number in their place. So a
//! ticket id names its event and its seat without a lookup, and a ticket needs no row before it is sold.

#![warn(missing_docs)]

mod event_id;
mod seat;
mod ticket_id;
mod user_id;
mod uuid_text;

pub use event_id::{EventId, NoEventId};
pub use seat::{MAX_SEATS, SeatNumber};
pub use ticket_id::{NoTicketId, TicketId};
pub use user_id::UserId;
pub use uuid_text::{InvalidUuid, parse_uuid};

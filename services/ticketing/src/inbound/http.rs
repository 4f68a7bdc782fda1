//! HTTP: one endpoint a file; each inventories what its use case answers to the contract.

mod add_to_waitlist;
mod api_doc;
mod book_tickets;
mod cancel_tickets;
mod catch_up;
mod count_occupied;
pub mod deadline;
mod ids;
mod list_bookings;
mod release_tickets;
mod reserve_tickets;
pub mod routes;

pub use api_doc::ApiDoc;

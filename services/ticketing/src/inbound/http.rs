//! HTTP, one endpoint per file.

mod add_to_waitlist;
mod book_tickets;
mod cancel_chosen_tickets;
mod cancel_tickets;
mod catch_up;
mod count_occupied;
mod count_waiting;
pub mod deadline;
mod ids;
mod list_bookings;
mod list_holds;
mod list_tickets;
mod query;
mod release_tickets;
mod reserve_tickets;
mod routes;

pub use routes::ApiDoc;
pub(crate) use routes::routes;

//! HTTP, one endpoint per file.

mod cancel_event;
mod changes;
mod create_event;
mod delete_event;
mod fields;
mod get_event;
mod list_events;
mod reads;
mod routes;
mod update_event;

pub(crate) use changes::Changes;
pub(crate) use reads::Reads;
pub use routes::ApiDoc;
pub(crate) use routes::routes;

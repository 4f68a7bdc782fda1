//! What can be done with events, one verb per file.

mod announce_change;
mod cancel_event;
mod context;
mod create_event;
mod delete_event;
mod get_event;
mod list_events;
mod update_event;

pub use announce_change::announce_change;
pub use cancel_event::cancel_event;
pub use context::Context;
pub use create_event::create_event;
pub use delete_event::delete_event;
pub use get_event::get_event;
pub use list_events::list_events;
pub use update_event::update_event;

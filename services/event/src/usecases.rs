//! What is done with events, one verb a file.

pub mod create_event;
pub mod delete_event;
pub mod get_event;
pub mod list_events;
pub mod update_event;

use std::sync::Arc;

use booked_server::{Clock, Random};

use crate::ports::{EventStore, StoreFailure, Ticketing, TicketingAway};

/// What the use cases work with.
#[derive(Clone)]
pub struct Context {
    /// Keeps events.
    pub events: Arc<dyn EventStore>,
    /// Sells their seats.
    pub ticketing: Arc<dyn Ticketing>,
    /// Tells the time.
    pub clock: Arc<dyn Clock>,
    /// Makes ids.
    pub random: Arc<dyn Random>,
}

/// Why events cannot be shown with the seats that are free.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ReadError {
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreFailure),
    /// How many seats are free cannot be known.
    #[error(transparent)]
    Ticketing(#[from] TicketingAway),
}

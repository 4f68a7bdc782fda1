//! What the use cases work with.

use std::sync::Arc;

use crate::ports::{EventStore, Ticketing};
use booked_server::{Clock, Random};

/// The ports of a use case; clones share them.
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

//! What the use cases work with.

use std::sync::Arc;

use crate::ports::{EventStore, Ticketing};
use booked_server::{Clock, Random};

/// The ports of the use cases; clones share them.
#[derive(Clone)]
pub struct Context {
    pub events: Arc<dyn EventStore>,
    pub ticketing: Arc<dyn Ticketing>,
    pub clock: Arc<dyn Clock>,
    pub random: Arc<dyn Random>,
}

//! What services say to each other, below `/internal/`; never served by the gateway.

use serde::{Deserialize, Serialize};
use uuid::Uuid;

/// `POST /internal/availability`: which events to count.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub struct OccupiedQuery {
    /// The events.
    pub event_ids: Vec<Uuid>,
}

/// The answer: how many seats of each event are sold or held, in the order of the question. An event that ticketing
/// does not know is `None`: none of its seats can be had yet.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub struct Occupied {
    /// Sold and held seats, one an event.
    pub occupied: Vec<Option<u32>>,
}

/// `POST /internal/catch-up`: apply the event service's feed up to here before answering, with all that it means for
/// the event that was changed.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub struct CatchUp {
    /// A position in the event service's feed, as the feed writes it.
    pub position: String,
    /// The event that was made, changed or deleted there; older replicas do not say.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub event_id: Option<Uuid>,
}

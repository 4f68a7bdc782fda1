//! What services say to each other, below `/internal/`; the gateway never serves it.

use serde::{Deserialize, Serialize};
use uuid::Uuid;

/// `POST /internal/availability`: the events whose seats are to be counted.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub struct OccupiedQuery {
    /// The events.
    pub event_ids: Vec<Uuid>,
}

/// The answer: how many seats of each event are sold or held, in the order of the question. It is `None` for an event
/// that ticketing does not know: none of its seats are available yet.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub struct Occupied {
    /// Sold and held seats, one number per event.
    pub occupied: Vec<Option<u32>>,
}

/// `POST /internal/catch-up`: apply the event service's feed up to here before answering, with all that follows from
/// it for the event that was changed.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub struct CatchUp {
    /// A position in the event service's feed, as the feed writes it.
    pub position: String,
    /// The event that was created, changed or deleted there; older replicas do not send it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub event_id: Option<Uuid>,
}

/// `POST /internal/emails`: the users whose email addresses are asked for, at most [`EMAILS_MAX`].
#[derive(Clone, Debug, Deserialize, Serialize)]
pub struct EmailsQuery {
    /// The users.
    pub user_ids: Vec<Uuid>,
}

/// The most users whose addresses one call asks for.
pub const EMAILS_MAX: usize = 1_000;

/// The answer: where mail to each user goes, in the order of the question. It is `None` for a user that there is not. There is no
/// `Debug`, so that no address comes into a log by accident.
#[derive(Clone, Deserialize, Serialize)]
pub struct Emails {
    /// One address per user.
    pub emails: Vec<Option<String>>,
}

//! Reserve: hold seats of an event for a user, all or none. The common path is one script in Valkey and nothing else.

use std::time::Duration;

use booked_failure::Failure;
use booked_idempotency::{Answered, RequestKey};
use booked_ids::{EventId, TicketId, UserId};

use super::{Context, LoadError, buyer_limit::note_tickets, load_inventory};
use crate::{
    domain::count::SeatsWanted,
    ports::{Reserved, VALKEY},
};

/// How often an inventory may be lost again between its load and the reservation, or what was noted of a buyer.
const TRIES: usize = 5;

/// Tickets that are held.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reservation {
    /// Which.
    pub tickets: Vec<TicketId>,
    /// Until when, by Valkey's clock.
    pub expires_unix_ms: i64,
}

/// Why nothing was reserved.
#[derive(Clone, Debug, thiserror::Error)]
pub enum ReserveError {
    /// Fewer seats are free.
    #[error("fewer seats are free")]
    TooFew,
    /// The user holds, or held lately, too many seats of the event; nothing was done.
    #[error("the user holds too many seats of the event")]
    TooManyHeld {
        /// After this time the user may hold this many more.
        again_in: Duration,
    },
    /// With these the user would hold and have more of the event's tickets than one buyer may.
    #[error("one buyer may hold and have no more than {limit} tickets of the event")]
    OverLimit {
        /// How many.
        limit: u32,
    },
    /// The event's sale has not begun.
    #[error("the sale opens at {opens_unix_time} (Unix time)")]
    NotOnSaleYet {
        /// When it begins.
        opens_unix_time: i64,
    },
    /// The event's sale is paused or over.
    #[error("the sale is paused or closed")]
    Closed,
    /// The event was cancelled.
    #[error("the event was cancelled")]
    EventCancelled,
    /// The event does not exist.
    #[error("no such event")]
    NoSuchEvent,
    /// The key was used for another request.
    #[error("the key was used for another request")]
    OtherRequest,
    /// It was refused before, under the same key.
    #[error("as before: {0}")]
    Before(Box<Self>),
    /// A dependency failed.
    #[error(transparent)]
    Failed(#[from] Failure),
}

/// Holds seats, once for each key, which belongs to the event: what another event's requests were answered is not known where this
/// one is kept.
///
/// # Errors
///
/// See [`ReserveError`].
pub async fn reserve_tickets(
    context: &Context,
    user: UserId,
    event: EventId,
    count: SeatsWanted,
    key: Option<RequestKey>,
) -> Result<Answered<Reservation>, ReserveError> {
    for _ in 0..TRIES {
        let Answered { what, is_replay } = context.holds.reserve(event, user, count, key).await?;
        let refusal = match what {
            Reserved::Held { seats, expires_unix_ms } => {
                let tickets = seats.into_iter().map(|seat| event.ticket(seat)).collect();
                return Ok(Answered { what: Reservation { tickets, expires_unix_ms }, is_replay });
            }
            Reserved::NotLoaded => {
                load_inventory(context, event).await?;
                continue;
            }
            Reserved::NotNoted { now_unix_ms } => {
                note_tickets(context, user, event, now_unix_ms).await?;
                continue;
            }
            Reserved::TooManyHeld { again_in } => ReserveError::TooManyHeld { again_in },
            Reserved::OverLimit { limit } => ReserveError::OverLimit { limit },
            Reserved::NotOnSaleYet { opens_unix_time } => ReserveError::NotOnSaleYet { opens_unix_time },
            Reserved::Closed => ReserveError::Closed,
            Reserved::EventCancelled => ReserveError::EventCancelled,
            Reserved::TooFew => ReserveError::TooFew,
            Reserved::OtherRequest => ReserveError::OtherRequest,
        };
        return Err(if is_replay { ReserveError::Before(Box::new(refusal)) } else { refusal });
    }
    Err(Failure::not_done(VALKEY, "the event's inventory is lost again and again").into())
}

impl From<LoadError> for ReserveError {
    fn from(error: LoadError) -> Self {
        match error {
            LoadError::NoSuchEvent => Self::NoSuchEvent,
            LoadError::Failed(failure) => Self::Failed(failure),
        }
    }
}

//! Reserve: hold seats of an event for a user, all or none. The common path is one script in Valkey and nothing else.

use std::time::Duration;

use booked_failure::Failure;
use booked_ids::{EventId, TicketId, UserId};

use super::{Context, LoadError, buyer_limit::note_tickets, load_inventory};
use crate::{
    domain::count::SeatsWanted,
    ports::{Reserved, VALKEY},
};

/// How often an inventory may be lost again between its load and the reservation, or what was noted of a buyer.
const TRIES: usize = 5;
/// A reservation is not refused for tickets that were noted longer ago, in milliseconds, since they may have been cancelled.
const NOTED_LATELY_MS: i64 = 1_000;

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
    /// A dependency failed.
    #[error(transparent)]
    Failed(#[from] Failure),
}

/// Holds seats.
///
/// # Errors
///
/// See [`ReserveError`].
pub async fn reserve_tickets(
    context: &Context,
    user: UserId,
    event: EventId,
    count: SeatsWanted,
) -> Result<Reservation, ReserveError> {
    for _ in 0..TRIES {
        match context.holds.reserve(event, user, count).await? {
            Reserved::Held { seats, expires_unix_ms } => {
                let tickets = seats.into_iter().map(|seat| event.ticket(seat)).collect();
                return Ok(Reservation { tickets, expires_unix_ms });
            }
            Reserved::TooManyHeld { again_in } => return Err(ReserveError::TooManyHeld { again_in }),
            Reserved::NotNoted { now_unix_ms } => note_tickets(context, user, event, now_unix_ms).await?,
            // Refused only for what is known to be so: who has just cancelled may reserve again.
            Reserved::OverLimit { now_unix_ms, noted_unix_ms, .. }
                if now_unix_ms - noted_unix_ms > NOTED_LATELY_MS =>
            {
                note_tickets(context, user, event, now_unix_ms).await?;
            }
            Reserved::OverLimit { limit, .. } => return Err(ReserveError::OverLimit { limit }),
            Reserved::NotOnSaleYet { opens_unix_time } => {
                return Err(ReserveError::NotOnSaleYet { opens_unix_time });
            }
            Reserved::Closed => return Err(ReserveError::Closed),
            Reserved::EventCancelled => return Err(ReserveError::EventCancelled),
            Reserved::TooFew => return Err(ReserveError::TooFew),
            Reserved::NotLoaded => load_inventory(context, event).await?,
        }
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

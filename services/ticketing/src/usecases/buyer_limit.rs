//! The limit of a buyer, as far as Valkey judges it: what a user has must be noted there first, and is noted again when it may be
//! out of date. Postgres decides again when they book.

use booked_failure::Failure;
use booked_ids::{EventId, UserId};

use super::{Context, LoadError, load_inventory};
use crate::ports::{LimitOfBuyer, VALKEY};

/// Tickets of one user that are noted: more than any limit.
const NOTED_MAX: u32 = 128;
/// How often an inventory may be lost again, or what was noted.
const TRIES: usize = 5;

/// How many tickets of an event one user may hold and have.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BuyerLimit {
    /// How many.
    pub max: u32,
    /// How many more this user may reserve.
    pub left: u32,
}

/// Asks Postgres what the user has of the event, after this moment of Valkey's clock, and notes it.
///
/// # Errors
///
/// See [`Failure`]; nothing is promised to anybody by that.
pub(super) async fn note_tickets(
    context: &Context,
    user: UserId,
    event: EventId,
    now_unix_ms: i64,
) -> Result<(), Failure> {
    let latest = context.bookings.latest(user, event, NOTED_MAX).await.map_err(Failure::harmless)?;
    context.holds.note_tickets(event, user, now_unix_ms, &latest.seats).await.map_err(Failure::harmless)
}

/// The limit of an event for this user; none if it has no limit, or does not exist.
///
/// # Errors
///
/// See [`Failure`].
pub(super) async fn limit_of_buyer(
    context: &Context,
    user: UserId,
    event: EventId,
) -> Result<Option<BuyerLimit>, Failure> {
    for _ in 0..TRIES {
        match context.holds.limit_of_buyer(event, user).await.map_err(Failure::harmless)? {
            LimitOfBuyer::Unlimited => return Ok(None),
            LimitOfBuyer::Limited { max, has } => {
                return Ok(Some(BuyerLimit { max, left: max.saturating_sub(has) }));
            }
            LimitOfBuyer::NotNoted { now_unix_ms } => note_tickets(context, user, event, now_unix_ms).await?,
            LimitOfBuyer::NotLoaded => match load_inventory(context, event).await {
                Ok(()) => {}
                Err(LoadError::NoSuchEvent) => return Ok(None),
                Err(LoadError::Failed(failure)) => return Err(failure),
            },
        }
    }
    Err(Failure::not_done(VALKEY, "the event's inventory is lost again and again"))
}

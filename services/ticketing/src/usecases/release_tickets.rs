//! Release: give holds back before their time, all or none. It never touches a settling seat.

use booked_idempotency::{Answered, RequestKey};
use booked_ids::{EventId, SeatNumber, UserId};

use super::{
    Context, ReleaseError,
    release_of_several_events::release_of_several_events,
    releasing::{inspect, refusal},
    without_unknown::without_unknown,
};
use crate::{
    domain::booking::{Refusal, Requested},
    ports::Released,
};

/// Releases all tickets, or none.
///
/// # Errors
///
/// See [`ReleaseError`].
pub async fn release_tickets(
    context: &Context,
    user: UserId,
    requested: Requested,
    key: Option<RequestKey>,
) -> Result<Answered<()>, ReleaseError> {
    let requested = without_unknown(context, requested).await;
    let tickets = requested.tickets;
    if requested.any_unknown {
        inspect(context, user, &tickets).await?.all_held()?;
        return Err(ReleaseError::NotReserved);
    }
    let mut events = tickets.by_event();
    if let (Some((event, seats)), None) = (events.next(), events.next()) {
        return release_of_one_event(context, user, event, &seats, key).await;
    }
    release_of_several_events(context, user, &tickets, key).await
}

async fn release_of_one_event(
    context: &Context,
    user: UserId,
    event: EventId,
    seats: &[SeatNumber],
    key: Option<RequestKey>,
) -> Result<Answered<()>, ReleaseError> {
    let mut released = context.holds.release(event, user, seats, key).await?;
    let refusal = match &released.what {
        Released::Unheld(states) => Some(refusal(event, states, user)),
        Released::NotLoaded => Some(Refusal::NotReserved),
        Released::All | Released::Refused(_) | Released::OtherRequest => None,
    };
    if let Some(refusal) = refusal {
        released = match key {
            Some(key) => context.holds.keep_refusal(event, user, refusal, key).await?,
            None => Answered::now(Released::Refused(refusal)),
        };
    }
    let refusal = match released.what {
        Released::All => return Ok(Answered { what: (), is_replay: released.is_replay }),
        Released::Refused(refusal) => refusal.into(),
        Released::OtherRequest => ReleaseError::OtherRequest,
        Released::Unheld(_) | Released::NotLoaded => ReleaseError::NotReserved,
    };
    Err(if released.is_replay { ReleaseError::Before(Box::new(refusal)) } else { refusal })
}

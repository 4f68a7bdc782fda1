//! List holds: what a user holds, so that it is found again if the answer to a reservation was lost. It promises nothing: what
//! is listed may expire before it is booked.

use std::collections::BTreeMap;

use booked_failure::Failure;
use booked_ids::{EventId, TicketId, UserId};

use super::{BuyerLimit, Context, buyer_limit::limit_of_buyer, concurrently::concurrently};

/// Tickets of one event that expire at the same moment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HeldTickets {
    /// When, in Unix seconds by Valkey's clock, rounded down.
    pub expires_unix_s: i64,
    /// The event.
    pub event: EventId,
    /// The tickets, rising.
    pub tickets: Vec<TicketId>,
}

/// What a user holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Held {
    /// Those that expire first come first.
    pub tickets: Vec<HeldTickets>,
    /// The limit of the event that was asked for, if it has one.
    pub limit: Option<BuyerLimit>,
}

/// What the user holds of this event, or of all that are remembered as theirs.
///
/// # Errors
///
/// Valkey fails.
pub async fn list_holds(context: &Context, user: UserId, event: Option<EventId>) -> Result<Held, Failure> {
    let events = match event {
        Some(event) => vec![event],
        None => context.holds.events_held_by(user).await.map_err(Failure::harmless)?,
    };
    let looks = events.into_iter().map(async |event| (event, context.holds.held_by(event, user).await));
    let mut by_moment: BTreeMap<(i64, EventId), Vec<TicketId>> = BTreeMap::new();
    for (event, held) in concurrently(looks).await {
        for held in held.map_err(Failure::harmless)? {
            let moment = (held.expires_unix_ms.div_euclid(1000), event);
            by_moment.entry(moment).or_default().push(event.ticket(held.seat));
        }
    }
    let tickets = by_moment.into_iter().map(|((expires_unix_s, event), mut tickets)| {
        tickets.sort_unstable();
        HeldTickets { expires_unix_s, event, tickets }
    });
    let limit = match event {
        // What is held is known all the same.
        Some(event) => limit_of_buyer(context, user, event).await.unwrap_or_else(|failure| {
            tracing::warn!(%event, %failure, "a list of holds does not say what the limit leaves");
            None
        }),
        None => None,
    };
    Ok(Held { tickets: tickets.collect(), limit })
}

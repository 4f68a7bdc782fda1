//! Tickets of events that are not known here cannot be held, so Valkey is not asked about them: one call may name a thousand
//! events.

use std::collections::HashSet;

use booked_ids::EventId;

use super::Context;
use crate::domain::booking::Requested;

/// If this few events are not remembered, Valkey is asked all the same: it costs little, and a hold is to be judged at once on
/// arrival, which a wait for Postgres would put off.
const FEW: usize = 16;

/// The request without tickets of unknown events, if it names many. If Postgres does not answer, it stays as it is:
/// releasing does without it.
pub(super) async fn without_unknown(context: &Context, requested: Requested) -> Requested {
    let to_ask = context.known.unknown_among(requested.tickets.by_event().map(|(event, _)| event));
    if to_ask.len() <= FEW {
        return requested;
    }
    let found = match context.events.known_among(&to_ask).await {
        Ok(found) => found,
        Err(failure) => {
            tracing::debug!(%failure, "events are not known, and are asked for in Valkey");
            return requested;
        }
    };
    context.known.remember(&found);
    let found: HashSet<EventId> = found.into_iter().collect();
    let unknown: HashSet<EventId> = to_ask.into_iter().filter(|event| !found.contains(event)).collect();
    let known = requested.tickets.iter().filter(|ticket| !unknown.contains(&ticket.event()));
    Requested { tickets: known.collect(), any_unknown: requested.any_unknown || !unknown.is_empty() }
}

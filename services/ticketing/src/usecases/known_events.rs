//! Which events of a call are known here: of the others nobody can hold a ticket, so Valkey is not asked about them. One call
//! may name a thousand.

use std::{
    collections::HashSet,
    sync::{Mutex, PoisonError},
};

use booked_ids::EventId;

use super::Context;
use crate::domain::booking::Requested;

/// About so many unremembered events Valkey is asked all the same: it costs little, and a hold is to be judged at once on
/// arrival, which a wait for Postgres would put off.
const FEW: usize = 16;
/// Events that are remembered; of more, all are asked for anew.
const REMEMBERED_MAX: usize = 10_000;

/// Events that this process has found in its database. They stay there, as deleted ones do, so they are remembered for good;
/// that one is unknown is not remembered, since the feed may tell of it at any moment.
#[derive(Debug, Default)]
pub struct KnownEvents(Mutex<HashSet<EventId>>);

impl KnownEvents {
    fn unknown_among(&self, events: impl Iterator<Item = EventId>) -> Vec<EventId> {
        let known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        events.filter(|event| !known.contains(event)).collect()
    }

    fn remember(&self, events: &[EventId]) {
        let mut known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if known.len() + events.len() > REMEMBERED_MAX {
            known.clear();
        }
        known.extend(events);
    }
}

/// The request without tickets of unknown events, where it names many. Where Postgres does not answer it stays as it is:
/// releasing does without it.
pub(super) async fn without_unknown(context: &Context, requested: Requested) -> Requested {
    let to_ask = context.known.unknown_among(requested.tickets.by_event().map(|(event, _)| event));
    if to_ask.len() <= FEW {
        return requested;
    }
    let found = match context.store.known_among(&to_ask).await {
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

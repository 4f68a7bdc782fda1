//! Which events this process has found in its database.

use std::{
    collections::HashSet,
    sync::{Mutex, PoisonError},
};

use booked_ids::EventId;

/// Events that are remembered; if there are more, all are asked for again.
const REMEMBERED_MAX: usize = 10_000;

/// Events that this process has found in its database. They stay there, as deleted ones do, so they are remembered permanently;
/// that one is unknown is not remembered, since the feed may tell of it at any moment.
#[derive(Debug, Default)]
pub struct KnownEvents(Mutex<HashSet<EventId>>);

impl KnownEvents {
    pub(super) fn unknown_among(&self, events: impl Iterator<Item = EventId>) -> Vec<EventId> {
        let known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        events.filter(|event| !known.contains(event)).collect()
    }

    pub(super) fn remember(&self, events: &[EventId]) {
        let mut known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if known.len() + events.len() > REMEMBERED_MAX {
            known.clear();
        }
        known.extend(events);
    }
}

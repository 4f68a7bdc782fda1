//! The loads of inventories that a process has under way, and those that it published lately.

use std::{
    collections::{BTreeSet, VecDeque},
    sync::{Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use booked_failure::Failure;
use booked_ids::EventId;
use booked_server::{Lifecycle, SingleFlight};
use tokio::time::Instant;

/// Inventories that one process makes at the same time.
const LOADS_MAX: usize = 4_096;

/// Published inventories that are remembered; of more, the reconciler's ordinary round takes care.
const PUBLISHED_MAX: usize = 100_000;

/// The inventories that a process is making, and those that it made lately.
#[derive(Debug)]
pub struct Loads {
    pub(super) shared: SingleFlight<EventId, Result<(), LoadError>>,
    published: Mutex<VecDeque<(Instant, EventId)>>,
}

impl Loads {
    /// None yet. A load goes on in this lifecycle, even if the caller that asked for it goes away.
    #[must_use]
    pub fn new(lifecycle: &Lifecycle) -> Self {
        Self { shared: SingleFlight::new("loads", LOADS_MAX, lifecycle), published: Mutex::default() }
    }

    /// Takes out the events whose inventories were published, or noted again, at least so long ago. A booking that was under way
    /// when the old inventory was lost may have committed after the snapshot that the new one was made from, and then its seats
    /// look free: so each new inventory is compared with Postgres once, when no such booking can be under way any more.
    pub fn take_older(&self, age: Duration) -> Vec<EventId> {
        let mut published = self.published();
        let due = published.iter().take_while(|(at, _)| at.elapsed() >= age).count();
        let due: BTreeSet<EventId> = published.drain(..due).map(|(_, event)| event).collect();
        due.into_iter().collect()
    }

    /// Notes that an event's inventory was published, or must be compared once more.
    pub fn note(&self, event: EventId) {
        let mut published = self.published();
        if published.len() < PUBLISHED_MAX {
            published.push_back((Instant::now(), event));
        }
    }

    fn published(&self) -> MutexGuard<'_, VecDeque<(Instant, EventId)>> {
        self.published.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Why there is no inventory.
#[derive(Clone, Debug, thiserror::Error)]
pub enum LoadError {
    /// The event does not exist.
    #[error("no such event")]
    NoSuchEvent,
    /// A dependency failed.
    #[error(transparent)]
    Failed(Failure),
}

impl From<Failure> for LoadError {
    /// A lease or an inventory that may have been made changes nothing that was promised to anybody.
    fn from(failure: Failure) -> Self {
        Self::Failed(failure.harmless())
    }
}

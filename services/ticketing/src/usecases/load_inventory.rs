//! Load: make an event's inventory from what Postgres knows, where there is none: at its first reservation, and after Valkey
//! lost it. Under a lease, so that a load that comes late publishes nothing.
//!
//! All of a process who need the same inventory share one load: a crowd that comes when a sale begins asks Postgres once, and
//! nobody who goes away leaves the lease behind.

use std::{
    collections::{BTreeSet, VecDeque},
    future::Future,
    pin::pin,
    sync::{Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use booked_ids::EventId;
use booked_server::{Lifecycle, SharedFetches};
use tokio::time::{Instant, sleep, timeout};

use super::Context;
use crate::ports::{FeedAway, LeaseNonce, PoolFailure, Snapshot, StoreFailure};

/// Inventories that one process makes at the same time.
const REBUILDS_MAX: usize = 4_096;

/// Published inventories that are remembered; of more, the reconciler's ordinary round takes care.
const PUBLISHED_MAX: usize = 100_000;

/// How often a lease is prolonged.
const KEEP_LEASE: Duration = Duration::from_secs(1);

/// The inventories that a process is making, and those that it made lately.
#[derive(Debug)]
pub struct Loads {
    shared: SharedFetches<EventId, Result<(), LoadError>>,
    published: Mutex<VecDeque<(Instant, EventId)>>,
}

impl Loads {
    /// None yet. They go on in this life, whoever asked for them.
    #[must_use]
    pub fn new(lifecycle: &Lifecycle) -> Self {
        Self { shared: SharedFetches::new("loads", REBUILDS_MAX, lifecycle), published: Mutex::default() }
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
    /// Nothing was done; it may be tried again.
    #[error("not available: {0}")]
    Unavailable(String),
    /// The database refused to read.
    #[error("the database refused: {0}")]
    ReadFailed(String),
}

/// Makes the inventory, or waits for whoever is making it, but not for long: it goes on being made.
///
/// # Errors
///
/// See [`LoadError`].
pub async fn load_inventory(context: &Context, event: EventId) -> Result<(), LoadError> {
    let load = || {
        let context = context.clone();
        async move { load(&context, event).await }
    };
    match timeout(context.contention.others, context.loads.shared.get(event, load)).await {
        Ok(Ok(result)) => result,
        Ok(Err(not_made)) => Err(LoadError::Unavailable(not_made.to_string())),
        Err(_) => Err(LoadError::Unavailable("the event's inventory is still being loaded".to_owned())),
    }
}

async fn load(context: &Context, event: EventId) -> Result<(), LoadError> {
    if context.pool.sale_state(event).await?.is_some() {
        return Ok(());
    }
    // Before the lease: an unknown event costs Valkey nothing, and its event service is asked but once.
    if !is_on_sale(context, event).await? {
        context.feed.pull().await?;
        if !is_on_sale(context, event).await? {
            return Err(LoadError::NoSuchEvent);
        }
    }
    let give_up = Instant::now() + context.contention.others;
    loop {
        let nonce = LeaseNonce(context.random.uuid());
        if context.pool.acquire_load(event, nonce).await? {
            let published = make_under_lease(context, event, nonce).await;
            if published.is_err() {
                // Else nobody could try again before it ends by itself. Where Valkey is away, it does.
                let _ = context.pool.end_load(event, nonce).await;
            }
            return grow_to_what_is_committed(context, event, published?).await;
        }
        sleep(context.contention.poll).await;
        if context.pool.sale_state(event).await?.is_some() {
            return Ok(());
        }
        if Instant::now() >= give_up {
            return Err(LoadError::Unavailable("somebody else is loading the event's map".to_owned()));
        }
    }
}

/// Makes the inventory and says of which capacity it is.
async fn make_under_lease(context: &Context, event: EventId, nonce: LeaseNonce) -> Result<u32, LoadError> {
    // Read under the lease: what was read before may be older than an inventory that came and went since.
    let snapshot = keeping_lease(context, event, nonce, context.store.snapshot(event)).await?;
    let Some(Snapshot { capacity, sold }) = snapshot else { return Err(LoadError::NoSuchEvent) };
    if context.pool.publish(event, nonce, capacity, &sold).await? {
        context.loads.note(event);
    }
    Ok(capacity)
}

/// Prolongs the lease while work is under way: a large event on a slow disk takes as long as it takes. A process that sleeps
/// prolongs nothing, and finds another's lease.
async fn keeping_lease<T>(
    context: &Context,
    event: EventId,
    nonce: LeaseNonce,
    work: impl Future<Output = T>,
) -> T {
    let mut work = pin!(work);
    loop {
        match timeout(KEEP_LEASE, &mut work).await {
            Ok(done) => return done,
            // A failure shows when the inventory is published.
            Err(_) => drop(context.pool.extend_load(event, nonce).await),
        }
    }
}

/// Growth that was committed after the snapshot found no inventory to raise.
async fn grow_to_what_is_committed(
    context: &Context,
    event: EventId,
    published: u32,
) -> Result<(), LoadError> {
    match context.store.event(event).await? {
        Some(now) if now.capacity > published => {
            Ok(context.pool.grow(event, now.capacity).await.map(drop)?)
        }
        _ => Ok(()),
    }
}

async fn is_on_sale(context: &Context, event: EventId) -> Result<bool, StoreFailure> {
    Ok(context.store.event(event).await?.is_some())
}

impl From<FeedAway> for LoadError {
    fn from(away: FeedAway) -> Self {
        Self::Unavailable(away.to_string())
    }
}

impl From<PoolFailure> for LoadError {
    /// A lease or an inventory that may have been made changes nothing that was promised to anybody.
    fn from(failure: PoolFailure) -> Self {
        Self::Unavailable(failure.to_string())
    }
}

impl From<StoreFailure> for LoadError {
    fn from(failure: StoreFailure) -> Self {
        match failure {
            StoreFailure::Refused(why) => Self::ReadFailed(why),
            StoreFailure::Unavailable(why) | StoreFailure::Unknown(why) => Self::Unavailable(why),
        }
    }
}

//! Rebuild: make an event's map from what Postgres knows, where there is none: at its first reservation, and after Valkey
//! lost it. Under a lease, so that a rebuild that comes late publishes nothing.
//!
//! All of a process who need the same map share one rebuild: a crowd that comes when a sale begins asks Postgres once, and
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

/// Maps that one process makes at the same time.
const REBUILDS_MAX: usize = 4_096;

/// Published maps that are remembered; of more, the reconciler's ordinary round takes care.
const PUBLISHED_MAX: usize = 100_000;

/// How often a lease is prolonged.
const KEEP_LEASE: Duration = Duration::from_secs(1);

/// The maps that a process is making, and those that it made lately.
#[derive(Debug)]
pub struct Rebuilds {
    shared: SharedFetches<EventId, Result<(), RebuildError>>,
    published: Mutex<VecDeque<(Instant, EventId)>>,
}

impl Rebuilds {
    /// None yet. They go on in this life, whoever asked for them.
    #[must_use]
    pub fn new(lifecycle: &Lifecycle) -> Self {
        Self { shared: SharedFetches::new("rebuilds", REBUILDS_MAX, lifecycle), published: Mutex::default() }
    }

    /// Takes out the events whose maps were published, or noted again, at least so long ago. A booking that was under way
    /// when the old map was lost may have committed after the snapshot that the new one was made from, and then its seats
    /// look free: so each new map is compared with Postgres once, when no such booking can be under way any more.
    pub fn take_older(&self, age: Duration) -> Vec<EventId> {
        let mut published = self.published();
        let due = published.iter().take_while(|(at, _)| at.elapsed() >= age).count();
        let due: BTreeSet<EventId> = published.drain(..due).map(|(_, event)| event).collect();
        due.into_iter().collect()
    }

    /// Notes that an event's map was published, or must be compared once more.
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

/// Why there is no map.
#[derive(Clone, Debug, thiserror::Error)]
pub enum RebuildError {
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

/// Makes the map, or waits for whoever is making it, but not for long: it goes on being made.
///
/// # Errors
///
/// See [`RebuildError`].
pub async fn rebuild_map(context: &Context, event: EventId) -> Result<(), RebuildError> {
    let rebuild = || {
        let context = context.clone();
        async move { make_map(&context, event).await }
    };
    match timeout(context.patience.others, context.rebuilds.shared.get(event, rebuild)).await {
        Ok(Ok(result)) => result,
        Ok(Err(not_made)) => Err(RebuildError::Unavailable(not_made.to_string())),
        Err(_) => Err(RebuildError::Unavailable("the event's map is still being made".to_owned())),
    }
}

async fn make_map(context: &Context, event: EventId) -> Result<(), RebuildError> {
    if context.pool.sale_state(event).await?.is_some() {
        return Ok(());
    }
    // Before the lease: an unknown event costs Valkey nothing, and its event service is asked but once.
    if !is_on_sale(context, event).await? {
        context.feed.pull().await?;
        if !is_on_sale(context, event).await? {
            return Err(RebuildError::NoSuchEvent);
        }
    }
    let give_up = Instant::now() + context.patience.others;
    loop {
        let nonce = LeaseNonce(context.random.uuid());
        if context.pool.lease_rebuild(event, nonce).await? {
            let published = make_under_lease(context, event, nonce).await;
            if published.is_err() {
                // Else nobody could try again before it ends by itself. Where Valkey is away, it does.
                let _ = context.pool.end_rebuild(event, nonce).await;
            }
            return grow_to_what_is_committed(context, event, published?).await;
        }
        sleep(context.patience.look_again).await;
        if context.pool.sale_state(event).await?.is_some() {
            return Ok(());
        }
        if Instant::now() >= give_up {
            return Err(RebuildError::Unavailable("somebody else is rebuilding the event's map".to_owned()));
        }
    }
}

/// Makes the map and says of which capacity it is.
async fn make_under_lease(context: &Context, event: EventId, nonce: LeaseNonce) -> Result<u32, RebuildError> {
    // Read under the lease: what was read before may be older than a map that came and went since.
    let snapshot = keeping_lease(context, event, nonce, context.store.snapshot(event)).await?;
    let Some(Snapshot { capacity, sold }) = snapshot else { return Err(RebuildError::NoSuchEvent) };
    if context.pool.publish(event, nonce, capacity, &sold).await? {
        context.rebuilds.note(event);
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
            // A failure shows when the map is published.
            Err(_) => drop(context.pool.keep_rebuild(event, nonce).await),
        }
    }
}

/// Growth that was committed after the snapshot found no map to raise.
async fn grow_to_what_is_committed(
    context: &Context,
    event: EventId,
    published: u32,
) -> Result<(), RebuildError> {
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

impl From<FeedAway> for RebuildError {
    fn from(away: FeedAway) -> Self {
        Self::Unavailable(away.to_string())
    }
}

impl From<PoolFailure> for RebuildError {
    /// A lease or a map that may have been made changes nothing that was promised to anybody.
    fn from(failure: PoolFailure) -> Self {
        Self::Unavailable(failure.to_string())
    }
}

impl From<StoreFailure> for RebuildError {
    fn from(failure: StoreFailure) -> Self {
        match failure {
            StoreFailure::Refused(why) => Self::ReadFailed(why),
            StoreFailure::Unavailable(why) | StoreFailure::Unknown(why) => Self::Unavailable(why),
        }
    }
}

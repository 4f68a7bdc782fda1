//! Load: make an event's inventory from what Postgres knows, if there is none: at its first reservation, and after Valkey
//! lost it. Under a lease, so that a load that comes late publishes nothing.
//!
//! All of a process who need the same inventory share one load: a crowd that comes when a sale begins asks Postgres once, and
//! nobody who goes away leaves the lease behind.

use std::{future::Future, pin::pin, time::Duration};

use booked_failure::Failure;
use booked_ids::EventId;
use tokio::time::{Instant, sleep, timeout};

use super::{Context, loads::LoadError};
use crate::ports::{EventRecord, LeaseNonce, Snapshot, VALKEY};

/// How often a lease is prolonged.
const KEEP_LEASE: Duration = Duration::from_secs(1);

/// Loads the inventory, or waits for another caller that is loading it, but not for long: the load goes on.
///
/// # Errors
///
/// See [`LoadError`].
pub async fn load_inventory(context: &Context, event: EventId) -> Result<(), LoadError> {
    let load = || {
        let context = context.clone();
        async move { load(&context, event).await }
    };
    match timeout(context.contention.wait_max, context.loads.shared.get(event, load)).await {
        Ok(Ok(result)) => result,
        Ok(Err(not_made)) => Err(not_done(not_made)),
        Err(_) => Err(not_done("the event's inventory is still being loaded")),
    }
}

async fn load(context: &Context, event: EventId) -> Result<(), LoadError> {
    if context.inventory.sale_state(event).await?.is_some() {
        return Ok(());
    }
    // Before the lease: an unknown event costs Valkey nothing, and its event service is asked but once.
    if !is_on_sale(context, event).await? {
        context.feed.pull().await?;
        if !is_on_sale(context, event).await? {
            return Err(LoadError::NoSuchEvent);
        }
    }
    let give_up = Instant::now() + context.contention.wait_max;
    loop {
        let nonce = LeaseNonce(context.random.uuid());
        if context.inventory.acquire_load(event, nonce).await? {
            let published = make_under_lease(context, event, nonce).await;
            if published.is_err() {
                // Otherwise nobody could try again before the lease expires. If Valkey is away, it does expire.
                let _ = context.inventory.end_load(event, nonce).await;
            }
            return follow_what_is_committed(context, published?).await;
        }
        sleep(context.contention.poll).await;
        if context.inventory.sale_state(event).await?.is_some() {
            return Ok(());
        }
        if Instant::now() >= give_up {
            return Err(not_done("another replica is loading the event's inventory"));
        }
    }
}

/// Makes the inventory and says from what.
async fn make_under_lease(
    context: &Context,
    event: EventId,
    nonce: LeaseNonce,
) -> Result<EventRecord, LoadError> {
    // Read under the lease: what was read before may be older than an inventory that came and went since.
    let snapshot = keeping_lease(context, event, nonce, context.events.snapshot(event)).await?;
    let Some(Snapshot { event: record, sold }) = snapshot else { return Err(LoadError::NoSuchEvent) };
    if context.inventory.publish(record, nonce, &sold).await? {
        context.loads.note(event);
    }
    Ok(record)
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
            Err(_) => drop(context.inventory.extend_load(event, nonce).await),
        }
    }
}

/// A change that was committed after the snapshot found no inventory to change.
async fn follow_what_is_committed(context: &Context, published: EventRecord) -> Result<(), LoadError> {
    match context.events.event(published.id).await? {
        Some(now) if now != published => Ok(context.inventory.follow(now).await.map(drop)?),
        _ => Ok(()),
    }
}

async fn is_on_sale(context: &Context, event: EventId) -> Result<bool, Failure> {
    Ok(context.events.event(event).await?.is_some())
}

fn not_done(cause: impl std::fmt::Display) -> LoadError {
    LoadError::Failed(Failure::not_done(VALKEY, cause))
}

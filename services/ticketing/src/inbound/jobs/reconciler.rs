//! The reconciler: goes through all events slowly and compares their inventories with Postgres; at once if a node of Valkey may
//! have lost writes.

use std::time::Duration;

use booked_failure::Failure;
use booked_ids::EventId;
use tokio::time::sleep;

use super::{janitor::visit, schedule::Round, settings::JobSettings};
use crate::{
    inbound::metrics::RepairMetrics,
    ports::EventRecord,
    usecases::{Context, drop_deleted_inventories, reconcile_seats},
};

/// Events that are listed at once.
const LISTED_EVENTS_MAX: u32 = 256;
/// After a round that failed somewhere the reconciler rests for this part of its time.
const SOONER: u32 = 10;

/// Runs as long as the process.
pub(super) async fn run(context: Context, settings: JobSettings, repairs: RepairMetrics) {
    loop {
        let known = context.inventory.incarnation().await.ok();
        let rest = match reconcile_all(&context, &repairs).await {
            Ok(()) => settings.reconcile_round,
            Err(error) => {
                tracing::warn!(%error, "the reconciler skipped what it could not visit, and comes again sooner");
                settings.reconcile_round / SOONER
            }
        };
        rest_until_another_life(&context, settings, rest, known, &repairs).await;
    }
}

/// One round over all events: the live ones are compared, the deleted ones must have no inventory.
async fn reconcile_all(context: &Context, repairs: &RepairMetrics) -> Result<(), Failure> {
    let (mut after, mut round) = (None, Round::default());
    loop {
        let events = context.events.live_events(after, LISTED_EVENTS_MAX).await?;
        for event in &events {
            round.visited(reconcile(context, *event, repairs).await)?;
        }
        after = events.last().map(|event| event.id);
        if after.is_none() {
            break;
        }
    }
    loop {
        let events = context.events.deleted_events(after, LISTED_EVENTS_MAX).await?;
        round.visited(drop_deleted_inventories(context, &events).await)?;
        after = events.last().copied();
        if after.is_none() {
            return round.ended();
        }
    }
}

/// Does the janitor's work too, for events that are not on its list.
async fn reconcile(context: &Context, event: EventRecord, repairs: &RepairMetrics) -> Result<(), Failure> {
    if context.inventory.sale_state(event.id).await?.is_none() {
        return Ok(());
    }
    visit(context, event.id, repairs).await?;
    repairs.by_reconciler(reconcile_seats(context, event).await?);
    Ok(())
}

/// Rests this long, or until Valkey's data is no longer the known one. Meanwhile, compares inventories that were loaded again.
async fn rest_until_another_life(
    context: &Context,
    JobSettings { tick, claim, .. }: JobSettings,
    rest: Duration,
    known: Option<String>,
    repairs: &RepairMetrics,
) {
    let mut rested = Duration::ZERO;
    while rested < rest {
        sleep(tick).await;
        rested += tick;
        for event in context.loads.take_older(claim) {
            if let Err(error) = reconcile_loaded(context, event, repairs).await {
                tracing::warn!(%event, %error, "a new inventory is compared later");
                context.loads.note(event);
            }
        }
        // While a node is away nobody can say; when it is back, it says who it is.
        let Ok(incarnation) = context.inventory.incarnation().await else { continue };
        if known.as_ref() != Some(&incarnation) {
            tracing::warn!("Valkey's data is another one; all events are visited");
            return;
        }
    }
}

async fn reconcile_loaded(context: &Context, event: EventId, repairs: &RepairMetrics) -> Result<(), Failure> {
    match context.events.event(event).await? {
        Some(live) => reconcile(context, live, repairs).await,
        None => Ok(()),
    }
}

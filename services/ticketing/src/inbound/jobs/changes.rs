//! Carries out the changes of events that the feed's consumer noted: at once if this process noted them, and on a clock
//! what another one left behind. One that does not get its turn comes last at the next round, and keeps no other waiting.

use std::{collections::BTreeSet, sync::Arc, time::Duration};

use booked_failure::Failure;
use booked_ids::EventId;
use booked_server::Lifecycle;
use tokio::{
    sync::Notify,
    time::{sleep, timeout},
};

use crate::usecases::{Context, follow_event};

/// Events of one round.
const EVENTS_MAX: u32 = 256;
/// After a round in which some did not get their turn. Meanwhile bookings pass that waited behind the change.
const AGAIN: Duration = Duration::from_millis(200);
/// The process that noted a change carries it out; one that has waited this long may have been left behind. If all replicas tried at once,
/// no booking would pass.
const LEFT_BEHIND: Duration = Duration::from_secs(1);

/// Is notified when changes were noted. Clones are the same.
pub type ChangesNoted = Arc<Notify>;

/// Starts the job.
pub fn start(context: &Context, tick: Duration, noted: ChangesNoted, lifecycle: &Lifecycle) {
    lifecycle.spawn_job(carry_out_for_ever(context.clone(), tick, noted));
}

async fn carry_out_for_ever(context: Context, tick: Duration, noted: ChangesNoted) {
    let (mut late, mut waited) = (BTreeSet::new(), LEFT_BEHIND);
    loop {
        match carry_out(&context, waited, &late).await {
            Ok(still_late) => late = still_late,
            Err(error) => tracing::warn!(%error, "changes of events wait for the next turn"),
        }
        if late.is_empty() {
            let is_own = timeout(tick, noted.notified()).await.is_ok();
            waited = if is_own { Duration::ZERO } else { LEFT_BEHIND };
        } else {
            sleep(AGAIN).await;
        }
    }
}

/// One round; the events that did not get their turn. Those that were late before come last.
async fn carry_out(
    context: &Context,
    waited: Duration,
    late: &BTreeSet<EventId>,
) -> Result<BTreeSet<EventId>, Failure> {
    let noted = context.changes.noted(waited, EVENTS_MAX).await?;
    let (again, first): (Vec<_>, Vec<_>) = noted.into_iter().partition(|event| late.contains(event));
    let (mut changed, mut still_late) = (Vec::new(), BTreeSet::new());
    for event in first.into_iter().chain(again) {
        match context.changes.carry_out(event).await {
            Ok(()) => changed.push(event),
            Err(failure) => {
                tracing::warn!(%event, %failure, "a change of an event is tried again");
                still_late.insert(event);
            }
        }
    }
    if let Err(failure) = follow(context, &changed).await {
        tracing::warn!(%failure, "changes of events wait for a job to repeat them in Valkey");
    }
    Ok(still_late)
}

/// Ends at the first failure: the others would fail like it, each after a time-out, while changes wait.
async fn follow(context: &Context, changed: &[EventId]) -> Result<(), Failure> {
    for event in changed {
        follow_event(context, *event).await?;
    }
    Ok(())
}

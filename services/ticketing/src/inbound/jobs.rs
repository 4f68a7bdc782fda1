//! What runs on a clock, in every replica: that two do the same at once is thrifty neither, but safe.

use std::{future::Future, time::Duration};

use booked_ids::EventId;
use booked_server::Lifecycle;
use tokio::time::{MissedTickBehavior, interval, sleep};

use super::repairs::RepairMetrics;
use crate::{
    ports::EventRecord,
    usecases::{
        Context, MovedSales, VisitFailure, drop_deleted_inventories, moved_sales, notify_waitlist,
        purge_deleted, reconcile_seats, settle_overdue,
    },
};

/// Busy events that one round of the janitor visits.
const ACTIVE_EVENTS_MAX: u32 = 256;
/// Expired holds that a visit takes back.
const HOLDS_MAX: u32 = 1_000;
/// Awaited events that one round of telling looks at together.
const AWAITED_EVENTS_MAX: u32 = 1_000;
/// Events that the reconciler lists at a time.
const LISTED_EVENTS_MAX: u32 = 256;
/// After a round that failed somewhere the reconciler rests a part of its time.
const SOONER: u32 = 10;

/// How often the jobs run.
#[derive(Clone, Copy, Debug)]
pub struct JobSettings {
    /// The janitor, telling and purging.
    pub tick: Duration,
    /// A round of the reconciler over all events.
    pub reconcile_round: Duration,
    /// After so long no booking is under way any more that was so before.
    pub claim: Duration,
}

/// Starts all jobs.
pub fn start(context: &Context, settings: JobSettings, lifecycle: &Lifecycle) {
    let repairs = RepairMetrics::new();
    lifecycle.spawn_job(every(settings.tick, "janitor", {
        let (context, repairs) = (context.clone(), repairs.clone());
        move || clean_up(context.clone(), repairs.clone())
    }));
    lifecycle.spawn_job(every(settings.tick, "notify_waitlist", {
        let context = context.clone();
        move || tell_all(context.clone())
    }));
    lifecycle.spawn_job(every(settings.tick, "purge_deleted", {
        let context = context.clone();
        move || purge_all(context.clone())
    }));
    lifecycle.spawn_job(reconcile_for_ever(context.clone(), settings, repairs));
}

async fn every<F>(period: Duration, job: &'static str, run: impl Fn() -> F)
where
    F: Future<Output = Result<(), VisitFailure>>,
{
    let mut ticks = interval(period);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        ticks.tick().await;
        if let Err(error) = run().await {
            tracing::warn!(job, %error, "a job goes on at its next turn");
        }
    }
}

/// The janitor's round: expired holds and overdue claims of events that were used lately, and the inventories of those that are
/// deleted.
async fn clean_up(context: Context, repairs: RepairMetrics) -> Result<(), VisitFailure> {
    let mut round = Round::default();
    let events = context.pool.active_events(ACTIVE_EVENTS_MAX).await?;
    for event in events.iter().copied() {
        let expired = round.visited(visit(&context, event, &repairs).await)?;
        if expired == Some(0) {
            round.visited(context.pool.forget_if_idle(event).await.map_err(VisitFailure::from))?;
        }
    }
    // Last, since it needs Postgres, and sweeping does not.
    round.visited(drop_deleted_inventories(&context, &events).await)?;
    round.ended()
}

/// What failed in a round over several events. An event that Valkey fails at does not keep the round from the others,
/// whose nodes may be well; its turn comes again. Without Postgres there is no use in going on.
#[derive(Default)]
struct Round {
    failure: Option<VisitFailure>,
}

impl Round {
    fn visited<T>(&mut self, visit: Result<T, VisitFailure>) -> Result<Option<T>, VisitFailure> {
        match visit {
            Ok(done) => Ok(Some(done)),
            Err(failure @ VisitFailure::Pool(_)) => {
                self.failure = Some(failure);
                Ok(None)
            }
            Err(failure @ VisitFailure::Store(_)) => Err(failure),
        }
    }

    fn ended(self) -> Result<(), VisitFailure> {
        self.failure.map_or(Ok(()), Err)
    }
}

/// Sweeps one event, settles its overdue claims, and says how many holds and claims are left.
async fn visit(context: &Context, event: EventId, repairs: &RepairMetrics) -> Result<u32, VisitFailure> {
    let expired = context.pool.expire_holds(event, HOLDS_MAX).await?;
    if expired.left == 0 {
        return Ok(0);
    }
    let settled = settle_overdue(context, event).await?;
    repairs.by_janitor(settled);
    Ok(expired.left)
}

async fn tell_all(context: Context) -> Result<(), VisitFailure> {
    let (mut after, mut round) = (None, Round::default());
    loop {
        let MovedSales { moved, next, failure } = moved_sales(&context, after, AWAITED_EVENTS_MAX).await?;
        for event in moved {
            round.visited(notify_waitlist(&context, event).await)?;
        }
        if let Some(failure) = failure {
            round.visited(Err::<(), _>(failure.into()))?;
        }
        after = next;
        if after.is_none() {
            return round.ended();
        }
    }
}

async fn purge_all(context: Context) -> Result<(), VisitFailure> {
    while purge_deleted(&context).await? {}
    Ok(())
}

/// Goes round all events slowly; at once where a node of Valkey may have lost writes.
async fn reconcile_for_ever(context: Context, settings: JobSettings, repairs: RepairMetrics) {
    loop {
        let known = context.pool.incarnation().await.ok();
        let rest = match reconcile_all(&context, &repairs).await {
            Ok(()) => settings.reconcile_round,
            Err(error) => {
                tracing::warn!(%error, "the reconciler passed over what it could not visit, and comes again sooner");
                settings.reconcile_round / SOONER
            }
        };
        rest_until_another_life(&context, settings, rest, known, &repairs).await;
    }
}

/// One round over all events: the live ones are compared, the deleted ones must have no inventory.
async fn reconcile_all(context: &Context, repairs: &RepairMetrics) -> Result<(), VisitFailure> {
    let (mut after, mut round) = (None, Round::default());
    loop {
        let events = context.store.live_events(after, LISTED_EVENTS_MAX).await?;
        for event in &events {
            round.visited(reconcile(context, *event, repairs).await)?;
        }
        after = events.last().map(|event| event.id);
        if after.is_none() {
            break;
        }
    }
    loop {
        let events = context.store.deleted_events(after, LISTED_EVENTS_MAX).await?;
        round.visited(drop_deleted_inventories(context, &events).await)?;
        after = events.last().copied();
        if after.is_none() {
            return round.ended();
        }
    }
}

/// Does the janitor's work too, for events that are not on its list.
async fn reconcile(
    context: &Context,
    event: EventRecord,
    repairs: &RepairMetrics,
) -> Result<(), VisitFailure> {
    if context.pool.sale_state(event.id).await?.is_none() {
        return Ok(());
    }
    visit(context, event.id, repairs).await?;
    repairs.by_reconciler(reconcile_seats(context, event).await?);
    Ok(())
}

/// Rests this long, or until Valkey's data is not the known one any more; looks at the events whose inventories were made anew.
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
            if let Err(error) = reconcile_new_inventory(context, event, repairs).await {
                tracing::warn!(%event, %error, "a new map is compared later");
                context.loads.note(event);
            }
        }
        // While a node is away nobody can say; when it is back, it says who it is.
        let Ok(incarnation) = context.pool.incarnation().await else { continue };
        if known.as_ref() != Some(&incarnation) {
            tracing::warn!("Valkey's data is another one; all events are looked at");
            return;
        }
    }
}

async fn reconcile_new_inventory(
    context: &Context,
    event: EventId,
    repairs: &RepairMetrics,
) -> Result<(), VisitFailure> {
    match context.store.event(event).await? {
        Some(live) => reconcile(context, live, repairs).await,
        None => Ok(()),
    }
}

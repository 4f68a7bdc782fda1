//! What runs on a clock, in every replica: that two do the same at once is thrifty neither, but safe.

use std::{future::Future, time::Duration};

use booked_ids::EventId;
use booked_server::Lifecycle;
use opentelemetry::{KeyValue, metrics::Counter};
use tokio::time::{MissedTickBehavior, interval, sleep};
use uuid::Uuid;

use crate::usecases::{
    Context, VisitFailure, deliver_messages, purge_deleted, reconcile_seats, settle_overdue, tell_waitlist,
};

/// Busy events that one round of the janitor visits.
const BUSY_EVENTS_MAX: u32 = 256;
/// Expired holds that a visit takes back.
const HOLDS_MAX: u32 = 1_000;
/// Awaited events that one round of telling visits at a time.
const AWAITED_EVENTS_MAX: u32 = 256;
/// Live events that the reconciler lists at a time.
const LIVE_EVENTS_MAX: u32 = 256;

/// How often the jobs run.
#[derive(Clone, Copy, Debug)]
pub struct JobSettings {
    /// The janitor, telling, delivering and purging.
    pub tick: Duration,
    /// A round of the reconciler over all live events.
    pub reconcile_round: Duration,
}

/// Starts all jobs.
pub fn start(context: &Context, settings: JobSettings, lifecycle: &Lifecycle) {
    let put_right = opentelemetry::global::meter("booked-ticketing")
        .u64_counter("booked_seats_put_right")
        .with_description("Seats whose state in Valkey was put right, by whom")
        .build();
    let holder = context.random.uuid();
    lifecycle.spawn_job(every(settings.tick, "janitor", {
        let (context, put_right) = (context.clone(), put_right.clone());
        move || clean_up(context.clone(), put_right.clone())
    }));
    lifecycle.spawn_job(every(settings.tick, "tell_waitlist", {
        let context = context.clone();
        move || tell_all(context.clone())
    }));
    lifecycle.spawn_job(every(settings.tick, "deliver_messages", {
        let context = context.clone();
        move || deliver_all(context.clone(), holder)
    }));
    lifecycle.spawn_job(every(settings.tick, "purge_deleted", {
        let context = context.clone();
        move || purge_all(context.clone())
    }));
    lifecycle.spawn_job(reconcile_for_ever(context.clone(), settings, put_right));
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

/// The janitor's round: expired holds and overdue claims of events that were used lately.
async fn clean_up(context: Context, put_right: Counter<u64>) -> Result<(), VisitFailure> {
    for event in context.pool.busy_events(BUSY_EVENTS_MAX).await? {
        let swept = visit(&context, event, &put_right).await?;
        if swept == 0 {
            context.pool.forget_if_idle(event).await?;
        }
    }
    Ok(())
}

/// Sweeps one event, settles its overdue claims, and says how many holds and claims are left.
async fn visit(context: &Context, event: EventId, put_right: &Counter<u64>) -> Result<u32, VisitFailure> {
    let swept = context.pool.sweep(event, HOLDS_MAX).await?;
    if swept.left == 0 {
        return Ok(0);
    }
    let settled = settle_overdue(context, event).await?;
    put_right.add(u64::from(settled), &[KeyValue::new("by", "janitor")]);
    Ok(swept.left)
}

async fn tell_all(context: Context) -> Result<(), VisitFailure> {
    let mut after = None;
    loop {
        let events = context.waitlist.awaited_events(after, AWAITED_EVENTS_MAX).await?;
        for event in &events {
            tell_waitlist(&context, *event).await?;
        }
        after = events.last().copied();
        if after.is_none() {
            return Ok(());
        }
    }
}

async fn deliver_all(context: Context, holder: Uuid) -> Result<(), VisitFailure> {
    while deliver_messages(&context, holder).await? > 0 {}
    Ok(())
}

async fn purge_all(context: Context) -> Result<(), VisitFailure> {
    while purge_deleted(&context).await? {}
    Ok(())
}

/// Goes round all live events slowly; at once where a node of Valkey may have lost writes.
async fn reconcile_for_ever(context: Context, settings: JobSettings, put_right: Counter<u64>) {
    let mut known = None;
    loop {
        let incarnation = context.pool.incarnation().await.ok();
        let is_hurried = known.is_some() && incarnation.is_some() && incarnation != known;
        known = incarnation.or(known);
        if is_hurried {
            tracing::warn!("Valkey's data is another one; all events are looked at");
        }
        if let Err(error) = reconcile_all(&context, settings, is_hurried, &mut known, &put_right).await {
            tracing::warn!(%error, "the reconciler begins again");
            sleep(settings.tick).await;
        }
    }
}

/// One round. It pauses after each piece of the list, so that a whole round takes about as long as it should, and breaks
/// off when a node's data changes.
async fn reconcile_all(
    context: &Context,
    settings: JobSettings,
    is_hurried: bool,
    known: &mut Option<String>,
    put_right: &Counter<u64>,
) -> Result<(), VisitFailure> {
    let (mut after, mut rested) = (None, Duration::ZERO);
    loop {
        let events = context.store.live_events(after, LIVE_EVENTS_MAX).await?;
        for event in &events {
            if context.pool.sale_state(event.id).await?.is_none() {
                continue;
            }
            visit(context, event.id, put_right).await?;
            let done = reconcile_seats(context, *event).await?;
            put_right.add(u64::from(done.checked), &[KeyValue::new("by", "check")]);
            put_right.add(u64::from(done.repaired), &[KeyValue::new("by", "repair")]);
        }
        after = events.last().map(|event| event.id);
        while after.is_none() && !is_hurried && rested < settings.reconcile_round {
            sleep(settings.tick).await;
            rested += settings.tick;
            let incarnation = context.pool.incarnation().await?;
            if known.as_ref().is_some_and(|known| *known != incarnation) {
                return Ok(());
            }
        }
        if after.is_none() {
            return Ok(());
        }
    }
}

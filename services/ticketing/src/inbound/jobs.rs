//! What runs on a clock, in every replica, one job a file. That two replicas do the same at once wastes a little work, and is
//! safe.

pub mod auditor;
pub mod changes;
pub mod deliver;
mod janitor;
mod notify;
mod notify_cancelled;
mod purge;
mod reconciler;
mod schedule;
mod settings;

use booked_server::Lifecycle;

pub use settings::JobSettings;

use self::schedule::every;
use crate::{inbound::metrics::RepairMetrics, usecases::Context};

/// Starts the janitor, the reconciler, the purge and the notifying of waitlists and of cancelled events.
pub fn start(context: &Context, settings: JobSettings, lifecycle: &Lifecycle) {
    let repairs = RepairMetrics::new();
    lifecycle.spawn_job(every(settings.tick, "janitor", {
        let (context, repairs) = (context.clone(), repairs.clone());
        move || janitor::clean_up(context.clone(), repairs.clone())
    }));
    lifecycle.spawn_job(every(settings.tick, "notify_waitlist", {
        let context = context.clone();
        move || notify::notify_all(context.clone())
    }));
    lifecycle.spawn_job(notify_cancelled::notify_cancelled(context.clone(), settings.tick));
    lifecycle.spawn_job(every(settings.tick, "purge_deleted", {
        let context = context.clone();
        move || purge::purge_all(context.clone())
    }));
    lifecycle.spawn_job(reconciler::run(context.clone(), settings, repairs));
}

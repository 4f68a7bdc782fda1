//! What of the sale can only be asked for, measured on a clock. Every replica shows the same: the greatest counts, not
//! the sum.

use std::time::Duration;

use booked_failure::Failure;
use booked_server::Lifecycle;
use opentelemetry::{global, metrics::Gauge};
use tokio::time::{MissedTickBehavior, interval};

use crate::usecases::Context;

const INTERVAL: Duration = Duration::from_secs(10);
/// Events whose holds are counted; of more, other ones at each turn.
const ACTIVE_EVENTS_MAX: u32 = 256;

#[derive(Clone)]
struct Gauges {
    holds_open: Gauge<u64>,
    waitlist_entries: Gauge<u64>,
    notifications_waiting: Gauge<u64>,
    oldest_notification_s: Gauge<u64>,
    oldest_change_s: Gauge<f64>,
    oldest_cancelled_event_s: Gauge<u64>,
}

/// Starts to measure.
pub fn start(context: &Context, lifecycle: &Lifecycle) {
    let gauges = Gauges::new();
    let context = context.clone();
    lifecycle.spawn_job(async move {
        let mut turns = interval(INTERVAL);
        turns.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            turns.tick().await;
            // Each on its own: one does without Postgres, the others without Valkey.
            let measures = [
                gauges.measure_holds(&context).await,
                gauges.measure_waitlist(&context).await,
                gauges.measure_changes(&context).await,
                gauges.measure_cancelled_events(&context).await,
            ];
            for measured in measures {
                if let Err(error) = measured {
                    tracing::debug!(%error, "something cannot be measured");
                }
            }
        }
    });
}

impl Gauges {
    fn new() -> Self {
        let meter = global::meter("booked-ticketing");
        let gauge = |name, description| meter.u64_gauge(name).with_description(description).build();
        Self {
            holds_open: gauge("booked_holds_open", "Seats that are held, or being booked or cancelled"),
            waitlist_entries: gauge("booked_waitlist_entries", "Entries of all waitlists"),
            notifications_waiting: gauge(
                "booked_notifications_waiting",
                "Notifications that are not sent yet",
            ),
            oldest_notification_s: gauge(
                "booked_notifications_oldest_seconds",
                "For how long the message that waits longest has been due",
            ),
            oldest_cancelled_event_s: gauge(
                "booked_cancelled_events_oldest_seconds",
                "How long it has been since an event was cancelled of which not everybody is told yet",
            ),
            oldest_change_s: meter
                .f64_gauge("booked_event_changes_oldest_seconds")
                .with_description("How long the oldest change of an event has waited for its turn")
                .build(),
        }
    }

    async fn measure_holds(&self, context: &Context) -> Result<(), Failure> {
        let mut open = 0;
        for event in context.inventory.active_events(ACTIVE_EVENTS_MAX).await? {
            open += u64::from(context.holds.expire_holds(event, 0).await?.left);
        }
        self.holds_open.record(open, &[]);
        Ok(())
    }

    async fn measure_changes(&self, context: &Context) -> Result<(), Failure> {
        self.oldest_change_s.record(context.changes.oldest().await?.as_secs_f64(), &[]);
        Ok(())
    }

    async fn measure_cancelled_events(&self, context: &Context) -> Result<(), Failure> {
        self.oldest_cancelled_event_s.record(context.cancelled.oldest().await?.as_secs(), &[]);
        Ok(())
    }

    async fn measure_waitlist(&self, context: &Context) -> Result<(), Failure> {
        let backlog = context.waitlist.backlog().await?;
        self.waitlist_entries.record(backlog.entries, &[]);
        self.notifications_waiting.record(backlog.notifications, &[]);
        self.oldest_notification_s.record(backlog.most_overdue.as_secs(), &[]);
        Ok(())
    }
}

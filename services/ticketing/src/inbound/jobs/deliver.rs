//! The clock of delivering. While nothing can be sent at all, it rests longer and longer; a notification of its own that has to
//! wait has its own pause.

use std::time::Duration;

use booked_server::Lifecycle;
use opentelemetry::metrics::Counter;
use tokio::time::sleep;
use uuid::Uuid;

use crate::usecases::{Context, Delivered, deliver_notifications};

/// Longest rest while nothing can be sent: so long after the mail server is back, notifications go out again.
const REST_MAX: Duration = Duration::from_secs(60);

/// How notifications are delivered.
#[derive(Clone, Copy, Debug)]
pub struct DeliverySettings {
    /// How often notifications are looked for.
    pub tick: Duration,
    /// A notification of this age that fails once more is given up.
    pub age_max: Duration,
}

/// Starts to deliver, until the process is asked to end; then another replica goes on at once. A notification that is just being
/// sent is finished, so that nobody sends it again.
pub fn start(context: &Context, settings: DeliverySettings, lifecycle: &Lifecycle) {
    let given_up = opentelemetry::global::meter("booked-ticketing")
        .u64_counter("booked_notifications_given_up")
        .with_description("Notifications that will never be sent")
        .build();
    given_up.add(0, &[]);
    let (context, ending) = (context.clone(), lifecycle.clone());
    lifecycle.spawn_drained(async move {
        let holder = context.random.uuid();
        let mut rest = Duration::ZERO;
        loop {
            tokio::select! {
                () = sleep(rest) => {}
                () = ending.ended() => break,
            }
            rest = turn(&context, settings, holder, rest, &given_up).await;
        }
        if let Err(error) = context.waitlist.release_notifications(holder).await {
            tracing::debug!(%error, "the lease on notifications could not be given back");
        }
    });
}

/// Delivers what is due, and says how long to rest.
async fn turn(
    context: &Context,
    DeliverySettings { tick, age_max }: DeliverySettings,
    holder: Uuid,
    rested: Duration,
    given_up: &Counter<u64>,
) -> Duration {
    match deliver_notifications(context, holder, age_max).await {
        Ok(delivered) => {
            given_up.add(u64::from(delivered.given_up), &[]);
            match delivered {
                Delivered { is_away: true, .. } => (rested * 2).clamp(tick, REST_MAX.max(tick)),
                // There may be more.
                Delivered { dealt_with: 1.., .. } => Duration::ZERO,
                Delivered { .. } => tick,
            }
        }
        Err(error) => {
            tracing::warn!(%error, "notifications wait for the next turn");
            tick
        }
    }
}

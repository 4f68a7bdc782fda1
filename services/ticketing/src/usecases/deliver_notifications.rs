//! Deliver the notifications that are due: at least once, by one replica at a time. They begin in order; one that
//! has to wait holds back itself alone, for pauses that grow and end.

use std::{
    sync::atomic::{AtomicBool, Ordering},
    time::Duration,
};

use booked_failure::Failure;
use futures_util::{StreamExt as _, stream};
use uuid::Uuid;

use super::Context;
use crate::{
    domain::delivery::{is_given_up, pause_after},
    ports::{DueNotification, NotifyFailure},
};

/// Notifications that are taken at once: so few that all are dealt with before the lease on them ends.
const MESSAGES_MAX: u32 = 6;
/// Notifications that are sent at the same time, so that a slow recipient does not keep all others waiting.
const AT_ONCE: usize = 3;

/// What became of what was due.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Delivered {
    /// Notifications that were sent, wait for another try, or were given up.
    pub dealt_with: u32,
    /// Those of them that were given up.
    pub given_up: u32,
    /// Nothing can be sent now: what is due waits as it is.
    pub is_away: bool,
}

enum Outcome {
    Sent,
    Waits,
    GivenUp,
    Away,
}

/// Sends what is due.
///
/// # Errors
///
/// The store fails: then a notification may be sent again, with the same id.
pub async fn deliver_notifications(
    context: &Context,
    holder: Uuid,
    age_max: Duration,
) -> Result<Delivered, Failure> {
    let due = context.waitlist.lease_notifications(holder, MESSAGES_MAX).await?;
    let is_away = AtomicBool::new(false);
    let deliveries = due.into_iter().map(|due| deliver(context, due, age_max, &is_away));
    let outcomes: Vec<_> = stream::iter(deliveries).buffer_unordered(AT_ONCE).collect().await;
    let mut delivered = Delivered::default();
    for outcome in outcomes {
        match outcome? {
            Outcome::Away => delivered.is_away = true,
            outcome => {
                delivered.dealt_with += 1;
                delivered.given_up += u32::from(matches!(outcome, Outcome::GivenUp));
            }
        }
    }
    Ok(delivered)
}

async fn deliver(
    context: &Context,
    DueNotification { message, tries, age }: DueNotification,
    age_max: Duration,
    is_away: &AtomicBool,
) -> Result<Outcome, Failure> {
    if is_away.load(Ordering::Relaxed) {
        return Ok(Outcome::Away);
    }
    let (id, store) = (message.id, &context.waitlist);
    match context.notifier.notify(&message).await {
        Ok(()) => {
            store.mark_delivered(id, true).await?;
            Ok(Outcome::Sent)
        }
        Err(NotifyFailure::Away(why)) => {
            if !is_away.swap(true, Ordering::Relaxed) {
                tracing::warn!(why, "notifications wait");
            }
            Ok(Outcome::Away)
        }
        Err(NotifyFailure::Later(why)) if !is_given_up(age, age_max) => {
            let [random, ..] = context.random.bytes();
            let pause = pause_after(tries, random);
            tracing::warn!(message = %id, why, ?pause, "a message waits");
            store.postpone_notification(id, pause).await?;
            Ok(Outcome::Waits)
        }
        Err(NotifyFailure::Later(why) | NotifyFailure::Never(why)) => {
            tracing::warn!(message = %id, why, "a message is given up");
            store.mark_delivered(id, false).await?;
            Ok(Outcome::GivenUp)
        }
    }
}

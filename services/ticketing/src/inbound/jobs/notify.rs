//! Notifies the people on waitlists that seats came free.

use booked_failure::Failure;

use super::schedule::Round;
use crate::usecases::{Context, MovedSales, moved_sales, notify_waitlist};

/// Awaited events that are checked together.
const AWAITED_EVENTS_MAX: u32 = 1_000;

/// One round over all events that somebody waits for.
pub(super) async fn notify_all(context: Context) -> Result<(), Failure> {
    let (mut after, mut round) = (None, Round::default());
    loop {
        let MovedSales { moved, next, failure } = moved_sales(&context, after, AWAITED_EVENTS_MAX).await?;
        for event in moved {
            round.visited(notify_waitlist(&context, event).await)?;
        }
        if let Some(failure) = failure {
            round.visited(Err::<(), _>(failure))?;
        }
        after = next;
        if after.is_none() {
            return round.ended();
        }
    }
}

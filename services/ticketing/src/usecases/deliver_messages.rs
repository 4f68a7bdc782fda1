//! Deliver what is to be sent to those who were told: at least once, in order, by one replica at a time.

use uuid::Uuid;

use super::Context;
use crate::ports::{NotifyFailure, StoreFailure};

/// Messages that are taken at once: so few that all are dealt with before the lease on them ends.
const MESSAGES_MAX: u32 = 8;

/// Sends what waits, until the notifier asks for patience; says how many messages were dealt with.
///
/// # Errors
///
/// Where the store fails: then a message may be sent again, with the same id.
pub async fn deliver_messages(context: &Context, holder: Uuid) -> Result<u32, StoreFailure> {
    let mut done = 0;
    for message in context.waitlist.take_messages(holder, MESSAGES_MAX).await? {
        let sent = match context.notifier.notify(&message).await {
            Ok(()) => true,
            Err(NotifyFailure::Never(why)) => {
                tracing::warn!(message = %message.id, why, "a message cannot be sent");
                false
            }
            // Those behind it wait too: they are told in order.
            Err(NotifyFailure::Later(why)) => {
                tracing::warn!(message = %message.id, why, "messages wait");
                break;
            }
        };
        context.waitlist.message_done(message.id, sent).await?;
        done += 1;
    }
    Ok(done)
}

//! Tells by a structured line in the log, for those who read it from there.

use async_trait::async_trait;

use crate::ports::{Notification, Notifier, NotifyFailure};

/// Writes a line for each notification. The address is personal, and shown at level debug alone.
#[derive(Clone, Copy, Debug, Default)]
pub struct LogNotifier;

#[async_trait]
impl Notifier for LogNotifier {
    async fn notify(&self, message: &Notification) -> Result<(), NotifyFailure> {
        tracing::info!(message = %message.id, event = %message.event_id, seats = message.seats, "seats came free");
        tracing::debug!(message = %message.id, email = message.email, "told");
        Ok(())
    }
}

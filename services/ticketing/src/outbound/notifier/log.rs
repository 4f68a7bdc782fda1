//! Tells by a structured line in the log, for those who read it from there.

use async_trait::async_trait;

use crate::ports::{News, Notification, Notifier, NotifyFailure};

/// Writes a line for each notification. The address is personal, and shown at level debug alone.
#[derive(Clone, Copy, Debug, Default)]
pub struct LogNotifier;

#[async_trait]
impl Notifier for LogNotifier {
    async fn notify(&self, message: &Notification) -> Result<(), NotifyFailure> {
        let (id, event) = (message.id, message.event_id);
        match message.news {
            News::SeatsFree { seats } => tracing::info!(message = %id, %event, seats, "seats came free"),
            News::EventCancelled { has_tickets, .. } => {
                tracing::info!(message = %id, %event, has_tickets, "the event was cancelled");
            }
        }
        tracing::debug!(message = %message.id, email = message.email, "told");
        Ok(())
    }
}

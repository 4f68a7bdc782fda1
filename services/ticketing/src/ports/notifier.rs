//! How people hear that seats came free, or that an event was cancelled.

use async_trait::async_trait;
use booked_ids::EventId;
use uuid::Uuid;

/// Sends a notification to a person.
#[async_trait]
pub trait Notifier: Send + Sync {
    /// Sends it. A repeat after a crash carries the same id.
    ///
    /// # Errors
    ///
    /// Whether another try may help, and whether others can be sent meanwhile.
    async fn notify(&self, message: &Notification) -> Result<(), NotifyFailure>;
}

/// Something that a person is to hear of an event.
#[derive(Clone, PartialEq, Eq)]
pub struct Notification {
    /// The same for every try.
    pub id: Uuid,
    /// Whom to tell.
    pub email: String,
    /// Of which event.
    pub event_id: EventId,
    /// What it is called.
    pub event_name: String,
    /// What there is to hear.
    pub news: News,
}

/// What a person is to hear.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum News {
    /// They waited, and seats came free for them.
    SeatsFree {
        /// How many.
        seats: u32,
    },
    /// The event will not take place.
    EventCancelled {
        /// Why, if that was said.
        reason: Option<String>,
        /// Whether they have tickets; otherwise they waited.
        has_tickets: bool,
    },
}

/// A notification was not sent.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NotifyFailure {
    /// No notification can be sent now, whosever it is.
    #[error("nothing can be sent: {0}")]
    Away(String),
    /// This one may be sent later, and others now.
    #[error("not sent yet: {0}")]
    Later(String),
    /// It will never work, for instance because the address does not exist.
    #[error("cannot be sent: {0}")]
    Never(String),
}

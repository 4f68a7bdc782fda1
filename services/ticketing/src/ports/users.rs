//! The user service, which knows where mail to users goes.

use async_trait::async_trait;
use booked_failure::Failure;
use booked_ids::UserId;

/// What is known about users.
#[async_trait]
pub trait Users: Send + Sync {
    /// The email address of each of at most [`EMAILS_MAX`](booked_contract::internal::EMAILS_MAX) users, in the order of the
    /// question; `None` for one that is no more.
    ///
    /// # Errors
    ///
    /// [`Failure::NotDone`]: asking changes nothing.
    async fn emails(&self, users: &[UserId]) -> Result<Vec<Option<String>>, Failure>;
}

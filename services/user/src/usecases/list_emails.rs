//! Where mail to users goes, for the services that write to them.

use booked_failure::Failure;
use booked_ids::UserId;

use super::Context;
use crate::domain::Email;

/// The address of each user, in the order of the question; `None` for a user that there is not.
///
/// # Errors
///
/// The store fails.
pub async fn list_emails(context: &Context, users: &[UserId]) -> Result<Vec<Option<Email>>, Failure> {
    let known = context.accounts.emails(users).await?;
    Ok(users.iter().map(|user| known.get(user).cloned()).collect())
}

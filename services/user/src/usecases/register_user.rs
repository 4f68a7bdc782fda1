//! Somebody registers, and is a plain user always: admins are made by operators.

use booked_identity::Role;
use booked_ids::UserId;

use super::{AddAccountError, Context, Person, add_account::add_account};
use crate::domain::Origin;

/// Makes an account.
///
/// # Errors
///
/// See [`AddAccountError`].
pub async fn register_user(
    context: &Context,
    person: Person,
    origin: Origin,
) -> Result<UserId, AddAccountError> {
    add_account(context, person, Role::User, origin).await
}

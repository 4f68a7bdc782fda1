//! Someone registers. The account is always a plain user's: only operators make admins.

use booked_identity::Role;
use booked_ids::UserId;

use super::{AddAccountError, Context, Person, add_account::add_account};
use crate::domain::Origin;

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

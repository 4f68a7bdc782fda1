//! An operator makes an admin, with a new account.

use booked_identity::Role;
use booked_ids::UserId;

use super::{AddAccountError, Context, Person, add_account::add_account};
use crate::domain::Origin;

/// Creates an admin's account. If an account has the email already, it is left as it is: the person who registered it
/// must not become an admin by an operator's mistake.
///
/// # Errors
///
/// See [`AddAccountError`].
pub async fn create_admin(context: &Context, person: Person) -> Result<UserId, AddAccountError> {
    add_account(context, person, Role::Admin, Origin::default()).await
}

//! An operator makes an admin, with an account of its own.

use booked_identity::Role;
use booked_ids::UserId;

use super::{AddAccountError, Context, Person, add_account::add_account};
use crate::domain::Origin;

/// Makes an admin's account. One that has the email already is left alone: whoever registered it must not become an
/// admin by an operator's slip.
///
/// # Errors
///
/// See [`AddAccountError`].
pub async fn create_admin(context: &Context, person: Person) -> Result<UserId, AddAccountError> {
    add_account(context, person, Role::Admin, Origin::default()).await
}

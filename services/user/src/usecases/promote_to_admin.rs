//! An operator makes an admin of an existing account.

use booked_identity::Role;

use crate::{
    domain::EmailKey,
    ports::{AccountStore, ChangeError},
};

/// Makes an account an admin's; its name and password stay. Returns whether it was not an admin's before.
///
/// # Errors
///
/// No account has the email, or the store fails.
pub async fn promote_to_admin(accounts: &dyn AccountStore, email: &EmailKey) -> Result<bool, ChangeError> {
    let before = accounts.set_role(email, Role::Admin).await?;
    Ok(before != Role::Admin)
}

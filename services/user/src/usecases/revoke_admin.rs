//! An operator takes the admin's role away.

use booked_identity::Role;

use crate::{
    domain::EmailKey,
    ports::{AccountStore, ChangeError},
};

/// Makes an admin a plain user, and returns whether they were an admin before. Tokens that carry the role stay valid
/// until they expire.
///
/// # Errors
///
/// No account has the email, or the store fails.
pub async fn revoke_admin(accounts: &dyn AccountStore, email: &EmailKey) -> Result<bool, ChangeError> {
    let before = accounts.set_role(email, Role::User).await?;
    Ok(before == Role::Admin)
}

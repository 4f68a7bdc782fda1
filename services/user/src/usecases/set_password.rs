//! An operator gives an account another password.

use booked_failure::Failure;

use super::Context;
use crate::{
    domain::{EmailKey, Origin, Password},
    ports::{ChangeError, HashError},
};

/// Why the password was not changed.
#[derive(Debug, thiserror::Error)]
pub enum SetPasswordError {
    #[error("no account has this email")]
    NoSuchAccount,
    #[error(transparent)]
    Hash(#[from] HashError),
    #[error(transparent)]
    Failed(#[from] Failure),
}

/// Gives the account another password. Tokens that were issued before stay valid until they expire.
///
/// # Errors
///
/// See [`SetPasswordError`].
pub async fn set_password(
    context: &Context,
    email: &EmailKey,
    password: Password,
) -> Result<(), SetPasswordError> {
    let hash = context.passwords.hash(password, Origin::default()).await?;
    context.accounts.set_password(email, &hash, context.clock.now()).await?;
    Ok(())
}

impl From<ChangeError> for SetPasswordError {
    fn from(error: ChangeError) -> Self {
        match error {
            ChangeError::NoSuchAccount => Self::NoSuchAccount,
            ChangeError::Failed(failure) => Self::Failed(failure),
        }
    }
}

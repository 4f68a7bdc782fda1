//! An operator gives an account another password.

use super::Context;
use crate::{
    domain::{EmailKey, Origin, Password},
    ports::{ChangeFailure, HashFailure, StoreFailure},
};

/// Why the password stays as it is.
#[derive(Debug, thiserror::Error)]
pub enum SetPasswordError {
    /// No account has the email.
    #[error("no account has this email")]
    NoSuchAccount,
    /// The password was not hashed.
    #[error(transparent)]
    Hash(#[from] HashFailure),
    /// The store failed.
    #[error(transparent)]
    Store(StoreFailure),
}

/// Gives the account another password. Tokens that were issued before live out their time.
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

impl From<ChangeFailure> for SetPasswordError {
    fn from(failure: ChangeFailure) -> Self {
        match failure {
            ChangeFailure::NoSuchAccount => Self::NoSuchAccount,
            ChangeFailure::Store(failure) => Self::Store(failure),
        }
    }
}

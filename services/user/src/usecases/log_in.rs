//! Somebody logs in and gets a token.

use booked_identity::{Identity, Role, SignError};
use booked_server::unix_seconds;

use super::{Context, Tokens};
use crate::{
    domain::{Account, EmailKey, Password},
    ports::{HashFailure, StoreFailure},
};

/// Why there is no token.
#[derive(Debug, thiserror::Error)]
pub enum LogInError {
    /// No account has the email.
    #[error("no account has this email")]
    NoSuchUser,
    /// The password is not the account's.
    #[error("the password is not the account's")]
    WrongPassword,
    /// The password was not hashed.
    #[error(transparent)]
    Hash(#[from] HashFailure),
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreFailure),
    /// The token was not signed.
    #[error(transparent)]
    Sign(#[from] SignError),
}

/// Checks the password and signs a token. An email that nobody has costs the same hash as a wrong password, so that
/// time does not tell who has an account.
///
/// # Errors
///
/// See [`LogInError`].
pub async fn log_in(
    context: &Context,
    tokens: &Tokens,
    email: &EmailKey,
    password: Password,
) -> Result<String, LogInError> {
    let account = context.accounts.find(email).await?;
    let hash = account.as_ref().map_or_else(|| context.passwords.decoy(), |it| it.password_hash.clone());
    let right = context.passwords.verify(password.clone(), hash).await?;
    let account = account.ok_or(LogInError::NoSuchUser)?;
    if !right {
        return Err(LogInError::WrongPassword);
    }
    if context.passwords.is_outdated(&account.password_hash) {
        renew_hash(context, &account, password).await;
    }
    let lifetime_s = match account.role {
        Role::User => tokens.lifetime_s,
        Role::Admin => tokens.admin_lifetime_s,
    };
    let Account { id: user, email, role, .. } = account;
    let identity = Identity { user, email: email.as_str().to_owned(), role };
    Ok(tokens.signer.sign(&identity, unix_seconds(&*context.clock), lifetime_s)?)
}

/// Brings a hash to today's cost while the password is at hand. Where it fails the next log-in tries again.
async fn renew_hash(context: &Context, account: &Account, password: Password) {
    let renewed = async {
        let new = context.passwords.hash(password).await?;
        Ok::<_, LogInError>(context.accounts.renew_hash(account.id, &account.password_hash, &new).await?)
    };
    if let Err(error) = renewed.await {
        tracing::info!(%error, "a password's hash was not brought to today's cost");
    }
}

//! Someone logs in and gets a token.

use std::sync::Arc;

use booked_failure::Failure;
use booked_identity::{Identity, Role, SignError};
use booked_server::unix_seconds;

use super::{Context, Tokens};
use crate::{
    domain::{Account, EmailKey, Origin, Password, PasswordHash},
    ports::{Begin, HashError, TooManyGuesses},
};

/// Why there is no token.
#[derive(Debug, thiserror::Error)]
pub enum LogInError {
    #[error("no account has this email")]
    NoSuchUser,
    #[error("the password is not the account's")]
    WrongPassword,
    /// Too many attempts failed before; the password of this one was not checked.
    #[error(transparent)]
    Slowed(#[from] TooManyGuesses),
    #[error(transparent)]
    Hash(HashError),
    #[error(transparent)]
    Failed(#[from] Failure),
    #[error(transparent)]
    Sign(#[from] SignError),
}

/// Checks the password and signs a token. An email without an account costs the same hash as a wrong password, so that
/// the response time does not reveal which emails have accounts.
///
/// # Errors
///
/// See [`LogInError`].
pub async fn log_in(
    context: &Context,
    tokens: &Tokens,
    email: &EmailKey,
    password: Password,
    origin: Origin,
) -> Result<String, LogInError> {
    context.guesses.check(email, origin, context.clock.now())?;
    let account = context.accounts.find(email).await?;
    let hash = account.as_ref().map_or_else(|| context.passwords.decoy(), |it| it.password_hash.clone());
    let right = is_right(context, email, &password, hash, origin).await?;
    let right = right.filter(|_| account.is_some());
    context.guesses.ended(email, origin, right.is_some(), context.clock.now());
    let account = account.ok_or(LogInError::NoSuchUser)?;
    let form = right.ok_or(LogInError::WrongPassword)?;
    if form == Form::AsGiven || context.passwords.is_outdated(&account.password_hash) {
        renew_hash(context, &account, password, origin).await;
    }
    let lifetime_s = match account.role {
        Role::User => tokens.lifetime_s,
        Role::Admin => tokens.admin_lifetime_s,
    };
    let Account { id: user, email, role, .. } = account;
    let identity = Identity { user, email: email.as_str().to_owned(), role };
    Ok(tokens.signer.sign(&identity, unix_seconds(&*context.clock), lifetime_s)?)
}

/// The form in which a password matched.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Form {
    Normal,
    /// As it was given: earlier releases hashed that.
    AsGiven,
}

/// A password that was not given in the normalized form costs a second hash, whether the email has an account or not.
async fn is_right(
    context: &Context,
    email: &EmailKey,
    password: &Password,
    hash: PasswordHash,
    origin: Origin,
) -> Result<Option<Form>, LogInError> {
    let (guesses, clock, of) = (Arc::clone(&context.guesses), Arc::clone(&context.clock), email.clone());
    let begin: Begin = Box::new(move || guesses.begin(&of, origin, clock.now()));
    if context.passwords.verify(password.clone(), hash.clone(), origin, begin).await? {
        return Ok(Some(Form::Normal));
    }
    let Some(given) = password.as_given() else { return Ok(None) };
    let is_right = context.passwords.verify(given, hash, origin, Box::new(|| Ok(()))).await?;
    Ok(is_right.then_some(Form::AsGiven))
}

/// Replaces a hash with one of today's cost and of the password's normalized form, while the password is at hand. If
/// that fails, the next log-in tries again.
async fn renew_hash(context: &Context, account: &Account, password: Password, origin: Origin) {
    let renewed = async {
        let new = context.passwords.hash(password, origin).await?;
        Ok::<_, LogInError>(context.accounts.renew_hash(account.id, &account.password_hash, &new).await?)
    };
    if let Err(error) = renewed.await {
        tracing::info!(%error, "a password's hash was not renewed");
    }
}

impl From<HashError> for LogInError {
    fn from(error: HashError) -> Self {
        match error {
            HashError::Slowed(wait) => Self::Slowed(wait),
            error => Self::Hash(error),
        }
    }
}

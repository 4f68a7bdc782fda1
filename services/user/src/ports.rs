//! What the use cases need of the world.

use async_trait::async_trait;
use booked_failure::Failure;
use booked_identity::{Identity, Role, SignError};
use booked_ids::UserId;
use chrono::{DateTime, Utc};

use crate::domain::{Account, EmailKey, NewAccount, Origin, Password, PasswordHash};

/// Keeps accounts. Each call is atomic by itself.
#[async_trait]
pub trait AccountStore: Send + Sync {
    /// Adds an account.
    ///
    /// # Errors
    ///
    /// Another account has the email, or the store fails. Of two that add the same email at once, one is refused.
    async fn add(&self, account: NewAccount) -> Result<(), AddError>;

    /// The account with this email.
    ///
    /// # Errors
    ///
    /// The store fails.
    async fn find(&self, email: &EmailKey) -> Result<Option<Account>, Failure>;

    /// Gives the account with this email another password.
    ///
    /// # Errors
    ///
    /// There is none, or the store fails.
    async fn set_password(
        &self,
        email: &EmailKey,
        hash: &PasswordHash,
        now: DateTime<Utc>,
    ) -> Result<(), ChangeError>;

    /// Puts another hash of the same password in the place of the old one, unless that has changed meanwhile.
    ///
    /// # Errors
    ///
    /// The store fails.
    async fn renew_hash(&self, user: UserId, old: &PasswordHash, new: &PasswordHash) -> Result<(), Failure>;

    /// Gives the account with this email a role, and says which it had.
    ///
    /// # Errors
    ///
    /// There is none, or the store fails.
    async fn set_role(&self, email: &EmailKey, role: Role) -> Result<Role, ChangeError>;
}

/// Whether work that waited may begin after all.
pub type Begin = Box<dyn FnOnce() -> Result<(), TooManyGuesses> + Send>;

/// Hashes passwords, a bounded number at a time, and fair to the networks that ask: hashing is slow by design.
#[async_trait]
pub trait PasswordHasher: Send + Sync {
    /// Hashes a password, for somebody who asks from there.
    ///
    /// # Errors
    ///
    /// See [`HashError`].
    async fn hash(&self, password: Password, origin: Origin) -> Result<PasswordHash, HashError>;

    /// Whether this is the password that was hashed. `begin` is asked when its turn has come, right before the work.
    ///
    /// # Errors
    ///
    /// See [`HashError`].
    async fn verify(
        &self,
        password: Password,
        hash: PasswordHash,
        origin: Origin,
        begin: Begin,
    ) -> Result<bool, HashError>;

    /// A hash that no known password has, and that takes as long to verify as those of accounts.
    fn decoy(&self) -> PasswordHash;

    /// Whether hashes are made at a higher cost today. One that was made at a higher cost stays: bringing it to today's would
    /// weaken it.
    fn is_outdated(&self, hash: &PasswordHash) -> bool;
}

/// Slows the guessing of passwords, without keeping owners out of their accounts.
pub trait GuessLimit: Send + Sync {
    /// Whether somebody may try to log in from there now. An email that nobody has counts like any other.
    ///
    /// # Errors
    ///
    /// Too much was tried before.
    fn check(&self, email: &EmailKey, origin: Origin, now: DateTime<Utc>) -> Result<(), TooManyGuesses>;

    /// The same for an attempt that was let in, when its turn has come: others may have failed while it waited.
    ///
    /// # Errors
    ///
    /// Too much was tried before.
    fn begin(&self, email: &EmailKey, origin: Origin, now: DateTime<Utc>) -> Result<(), TooManyGuesses>;

    /// Says what came of an attempt.
    fn ended(&self, email: &EmailKey, origin: Origin, is_right: bool, now: DateTime<Utc>);
}

/// Whoever asked has to wait before the next attempt.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("too many attempts to log in failed: the next one in {retry_after_s} s")]
pub struct TooManyGuesses {
    /// So long.
    pub retry_after_s: u64,
}

/// Signs tokens.
pub trait TokenSigner: Send + Sync {
    /// A token that says who this is, good for so many seconds from now.
    ///
    /// # Errors
    ///
    /// It cannot be signed.
    fn sign(&self, identity: &Identity, now_unix_s: i64, lifetime_s: i64) -> Result<String, SignError>;
}

/// An account was not added.
#[derive(Debug, thiserror::Error)]
pub enum AddError {
    /// Another account has the email.
    #[error("the email is taken")]
    EmailTaken,
    /// The store failed.
    #[error(transparent)]
    Failed(#[from] Failure),
}

/// An account was not changed.
#[derive(Debug, thiserror::Error)]
pub enum ChangeError {
    /// No account has the email.
    #[error("no account has this email")]
    NoSuchAccount,
    /// The store failed.
    #[error(transparent)]
    Failed(#[from] Failure),
}

/// A password was not hashed.
#[derive(Debug, thiserror::Error)]
pub enum HashError {
    /// Too many wait already.
    #[error("too many passwords wait to be hashed")]
    TooBusy,
    /// It might not begin when its turn had come.
    #[error(transparent)]
    Slowed(#[from] TooManyGuesses),
    /// The hash cannot be read, or the machine failed.
    #[error("the password was not hashed: {0}")]
    Failed(String),
}

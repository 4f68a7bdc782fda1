//! What the use cases need from outside.

use std::collections::HashMap;

use async_trait::async_trait;
use booked_failure::Failure;
use booked_identity::{Identity, Role, SignError};
use booked_ids::UserId;
use chrono::{DateTime, Utc};

use crate::domain::{Account, Email, EmailKey, NewAccount, Origin, Password, PasswordHash};

/// Stores accounts. Each call is atomic on its own.
#[async_trait]
pub trait AccountStore: Send + Sync {
    /// # Errors
    ///
    /// Another account has the email, or the store fails. Of two calls that add the same email at once, one is refused.
    async fn add(&self, account: NewAccount) -> Result<(), AddError>;

    /// # Errors
    ///
    /// The store fails.
    async fn find(&self, email: &EmailKey) -> Result<Option<Account>, Failure>;

    /// The addresses of these users, as they were given; of those that have an account.
    ///
    /// # Errors
    ///
    /// The store fails.
    async fn emails(&self, users: &[UserId]) -> Result<HashMap<UserId, Email>, Failure>;

    /// Gives the account with this email another password.
    ///
    /// # Errors
    ///
    /// No account has this email, or the store fails.
    async fn set_password(
        &self,
        email: &EmailKey,
        hash: &PasswordHash,
        now: DateTime<Utc>,
    ) -> Result<(), ChangeError>;

    /// Replaces the old hash with another hash of the same password, unless the stored hash has changed in the
    /// meantime.
    ///
    /// # Errors
    ///
    /// The store fails.
    async fn renew_hash(&self, user: UserId, old: &PasswordHash, new: &PasswordHash) -> Result<(), Failure>;

    /// Gives the account with this email a role, and returns the role that it had.
    ///
    /// # Errors
    ///
    /// No account has this email, or the store fails.
    async fn set_role(&self, email: &EmailKey, role: Role) -> Result<Role, ChangeError>;
}

/// Asked when the turn of queued work comes: may it still begin?
pub type Begin = Box<dyn FnOnce() -> Result<(), TooManyGuesses> + Send>;

/// Hashes passwords, a bounded number at once, and fairly among networks, because hashing is slow by design.
#[async_trait]
pub trait PasswordHasher: Send + Sync {
    /// Hashes a password for a client from this network.
    ///
    /// # Errors
    ///
    /// See [`HashError`].
    async fn hash(&self, password: Password, origin: Origin) -> Result<PasswordHash, HashError>;

    /// Whether this is the password that was hashed. `begin` is called when its turn has come, right before the work.
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

    /// A hash that matches no known password, and takes as long to verify as the hashes of accounts.
    fn decoy(&self) -> PasswordHash;

    /// Whether new hashes have a higher cost than this one. A hash of a higher cost than today's is kept, since hashing
    /// it again at today's cost would weaken it.
    fn is_outdated(&self, hash: &PasswordHash) -> bool;
}

/// Slows the guessing of passwords, without keeping owners out of their accounts.
pub trait GuessLimit: Send + Sync {
    /// Whether a client from this network may try to log in now. An email without an account counts like any other.
    ///
    /// # Errors
    ///
    /// There were too many attempts before.
    fn check(&self, email: &EmailKey, origin: Origin, now: DateTime<Utc>) -> Result<(), TooManyGuesses>;

    /// The same check for an attempt that was admitted earlier, when its turn has come: others may have failed while it
    /// waited.
    ///
    /// # Errors
    ///
    /// There were too many attempts before.
    fn begin(&self, email: &EmailKey, origin: Origin, now: DateTime<Utc>) -> Result<(), TooManyGuesses>;

    /// Records the outcome of an attempt.
    fn ended(&self, email: &EmailKey, origin: Origin, is_right: bool, now: DateTime<Utc>);
}

/// The client has to wait before the next attempt.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("too many attempts to log in failed: the next one in {retry_after_s} s")]
pub struct TooManyGuesses {
    pub retry_after_s: u64,
}

/// Signs tokens.
pub trait TokenSigner: Send + Sync {
    /// A token that contains this identity and is valid for this many seconds from now.
    ///
    /// # Errors
    ///
    /// Signing fails.
    fn sign(&self, identity: &Identity, now_unix_s: i64, lifetime_s: i64) -> Result<String, SignError>;
}

/// Why an account was not added.
#[derive(Debug, thiserror::Error)]
pub enum AddError {
    #[error("the email is taken")]
    EmailTaken,
    #[error(transparent)]
    Failed(#[from] Failure),
}

/// Why an account was not changed.
#[derive(Debug, thiserror::Error)]
pub enum ChangeError {
    #[error("no account has this email")]
    NoSuchAccount,
    #[error(transparent)]
    Failed(#[from] Failure),
}

/// Why a password was not hashed.
#[derive(Debug, thiserror::Error)]
pub enum HashError {
    #[error("too many passwords wait to be hashed")]
    TooBusy,
    /// When its turn had come, it was not allowed to begin.
    #[error(transparent)]
    Slowed(#[from] TooManyGuesses),
    /// The hash cannot be parsed, or a thread failed.
    #[error("the password was not hashed: {0}")]
    Failed(String),
}

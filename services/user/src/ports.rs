//! What the use cases need of the world.

use async_trait::async_trait;
use booked_identity::{Identity, Role, SignError};
use booked_ids::UserId;
use chrono::{DateTime, Utc};

use crate::domain::{Account, EmailKey, NewAccount, Password, PasswordHash};

/// Keeps accounts. Each call is atomic by itself.
#[async_trait]
pub trait AccountStore: Send + Sync {
    /// Adds an account.
    ///
    /// # Errors
    ///
    /// Another account has the email, or the store fails. Of two that add the same email at once, one is refused.
    async fn add(&self, account: NewAccount) -> Result<(), AddFailure>;

    /// The account with this email.
    ///
    /// # Errors
    ///
    /// The store fails.
    async fn find(&self, email: &EmailKey) -> Result<Option<Account>, StoreFailure>;

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
    ) -> Result<(), ChangeFailure>;

    /// Puts another hash of the same password in the place of the old one, unless that has changed meanwhile.
    ///
    /// # Errors
    ///
    /// The store fails.
    async fn renew_hash(
        &self,
        user: UserId,
        old: &PasswordHash,
        new: &PasswordHash,
    ) -> Result<(), StoreFailure>;

    /// Gives the account with this email a role, and says which it had.
    ///
    /// # Errors
    ///
    /// There is none, or the store fails.
    async fn set_role(&self, email: &EmailKey, role: Role) -> Result<Role, ChangeFailure>;
}

/// Hashes passwords, a bounded number at a time: hashing is slow by design.
#[async_trait]
pub trait PasswordHasher: Send + Sync {
    /// Hashes a password.
    ///
    /// # Errors
    ///
    /// See [`HashFailure`].
    async fn hash(&self, password: Password) -> Result<PasswordHash, HashFailure>;

    /// Whether this is the password that was hashed.
    ///
    /// # Errors
    ///
    /// See [`HashFailure`].
    async fn verify(&self, password: Password, hash: PasswordHash) -> Result<bool, HashFailure>;

    /// A hash that no known password has, and that takes as long to verify as those of accounts.
    fn decoy(&self) -> PasswordHash;

    /// Whether hashes are made at another cost today.
    fn is_outdated(&self, hash: &PasswordHash) -> bool;
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

/// The store did not do it. What it says is for the log.
#[derive(Debug, thiserror::Error)]
pub enum StoreFailure {
    /// Nothing was done: it is away, or overloaded.
    #[error("{0}")]
    Unavailable(String),
    /// It refused to read.
    #[error("{0}")]
    NotRead(String),
    /// It refused to write; nothing was changed.
    #[error("{0}")]
    NotWritten(String),
    /// It may have been written.
    #[error("{0}")]
    Unknown(String),
}

/// An account was not added.
#[derive(Debug, thiserror::Error)]
pub enum AddFailure {
    /// Another account has the email.
    #[error("the email is taken")]
    EmailTaken,
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreFailure),
}

/// An account was not changed.
#[derive(Debug, thiserror::Error)]
pub enum ChangeFailure {
    /// No account has the email.
    #[error("no account has this email")]
    NoSuchAccount,
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreFailure),
}

/// A password was not hashed.
#[derive(Debug, thiserror::Error)]
pub enum HashFailure {
    /// Too many wait already.
    #[error("too many passwords wait to be hashed")]
    TooBusy,
    /// The hash cannot be read, or the machine failed.
    #[error("the password was not hashed: {0}")]
    Failed(String),
}

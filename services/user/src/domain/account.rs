//! Accounts: as one begins, and as log-in needs it.

use booked_identity::Role;
use booked_ids::UserId;
use chrono::{DateTime, Utc};

use super::{Email, PasswordHash, PersonName};

/// An account that is about to begin.
#[derive(Clone, Debug)]
pub struct NewAccount {
    /// Its id.
    pub id: UserId,
    /// What the person is called.
    pub name: PersonName,
    /// What the person logs in with and gets mail at.
    pub email: Email,
    /// What the password is checked against.
    pub password_hash: PasswordHash,
    /// What the person may do.
    pub role: Role,
    /// When it begins.
    pub created_at: DateTime<Utc>,
}

/// An account as log-in needs it.
#[derive(Clone, Debug)]
pub struct Account {
    /// Its id.
    pub id: UserId,
    /// The email as it was given.
    pub email: Email,
    /// What the password is checked against.
    pub password_hash: PasswordHash,
    /// What the person may do.
    pub role: Role,
}

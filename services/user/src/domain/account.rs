//! Accounts: a new one, and one as log-in needs it.

use booked_identity::Role;
use booked_ids::UserId;
use chrono::{DateTime, Utc};

use super::{Email, PasswordHash, PersonName};

#[derive(Clone, Debug)]
pub struct NewAccount {
    pub id: UserId,
    pub name: PersonName,
    /// What the person logs in with, and where mail is sent.
    pub email: Email,
    pub password_hash: PasswordHash,
    pub role: Role,
    pub created_at: DateTime<Utc>,
}

/// An account, as far as log-in needs it.
#[derive(Clone, Debug)]
pub struct Account {
    pub id: UserId,
    /// As it was given.
    pub email: Email,
    pub password_hash: PasswordHash,
    pub role: Role,
}

//! What the use cases work with.

use std::sync::Arc;

use booked_server::{Clock, Random};

use crate::ports::{AccountStore, GuessLimit, PasswordHasher, TokenSigner};

/// The ports of a use case; clones share them.
#[derive(Clone)]
pub struct Context {
    /// The accounts.
    pub accounts: Arc<dyn AccountStore>,
    /// What hashes passwords.
    pub passwords: Arc<dyn PasswordHasher>,
    /// What slows guessing.
    pub guesses: Arc<dyn GuessLimit>,
    /// The time.
    pub clock: Arc<dyn Clock>,
    /// Where ids come from.
    pub random: Arc<dyn Random>,
}

/// How tokens are made.
#[derive(Clone)]
pub struct Tokens {
    /// What signs them.
    pub signer: Arc<dyn TokenSigner>,
    /// How long a user's is good, in seconds.
    pub lifetime_s: i64,
    /// How long an admin's is good, in seconds: no longer does a role that was taken away live on in tokens.
    pub admin_lifetime_s: i64,
}

//! What the use cases work with.

use std::sync::Arc;

use booked_server::{Clock, Random};

use crate::ports::{AccountStore, GuessLimit, PasswordHasher, TokenSigner};

/// The ports of the use cases; clones share them.
#[derive(Clone)]
pub struct Context {
    pub accounts: Arc<dyn AccountStore>,
    pub passwords: Arc<dyn PasswordHasher>,
    pub guesses: Arc<dyn GuessLimit>,
    pub clock: Arc<dyn Clock>,
    pub random: Arc<dyn Random>,
}

/// How tokens are made.
#[derive(Clone)]
pub struct Tokens {
    pub signer: Arc<dyn TokenSigner>,
    /// How long a user's token is valid, in seconds.
    pub lifetime_s: i64,
    /// How long an admin's token is valid, in seconds. A role that was revoked stays valid in tokens no longer than
    /// this.
    pub admin_lifetime_s: i64,
}

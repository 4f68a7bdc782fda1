//! A cache of tokens that were found valid, since checking a signature costs 500 times as much as a lookup.

use std::sync::Arc;

use quick_cache::sync::Cache;

use crate::{InvalidToken, Verified, Verifier};

/// A [`Verifier`] that remembers a bounded number of valid tokens.
///
/// It belongs to one set of keys. When the JWKS changes, replace it with a new one: then nothing that a removed key
/// signed is remembered, not even by a check that was in progress.
pub struct VerifiedTokens {
    verifier: Verifier,
    /// Keyed by the whole token: a signature over other text, or another signature, is another key.
    good: Cache<Box<str>, Arc<Verified>>,
}

impl VerifiedTokens {
    /// Remembers up to `tokens_max` tokens of about 500 bytes each; those that were not used recently are evicted
    /// first.
    #[must_use]
    pub fn new(verifier: Verifier, tokens_max: usize) -> Self {
        Self { verifier, good: Cache::new(tokens_max) }
    }

    /// Like [`Verifier::verify`]. The time is checked at each call; only a valid token is remembered.
    ///
    /// # Errors
    ///
    /// Why the token is not valid.
    pub fn verify(&self, token: &str, now_unix_s: i64) -> Result<Arc<Verified>, InvalidToken> {
        if let Some(verified) = self.good.get(token) {
            if now_unix_s < verified.expires_unix_s {
                return Ok(verified);
            }
            self.good.remove(token);
            return Err(InvalidToken::Expired);
        }
        let verified = Arc::new(self.verifier.verify(token, now_unix_s)?);
        self.good.insert(token.into(), Arc::clone(&verified));
        Ok(verified)
    }

    /// The keys that tokens are checked against.
    #[must_use]
    pub fn verifier(&self) -> &Verifier {
        &self.verifier
    }
}

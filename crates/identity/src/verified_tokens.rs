//! A memory of tokens that were found good, since checking a signature costs 500 times a look-up.

use std::sync::Arc;

use quick_cache::sync::Cache;

use crate::{InvalidToken, Verified, Verifier};

/// A [`Verifier`] that remembers a bounded number of good tokens.
///
/// It is bound to one set of keys. When the JWKS changes, put a new one in its place: nothing that a removed key
/// signed is remembered then, not even by a check that was under way.
pub struct VerifiedTokens {
    verifier: Verifier,
    /// By the whole token: a signature over other text, or another signature, is another key.
    good: Cache<Box<str>, Arc<Verified>>,
}

impl VerifiedTokens {
    /// Remembers up to `tokens_max` tokens, each some 500 bytes; the ones not asked for go first.
    #[must_use]
    pub fn new(verifier: Verifier, tokens_max: usize) -> Self {
        Self { verifier, good: Cache::new(tokens_max) }
    }

    /// Like [`Verifier::verify`]. The time is checked at each call; only a good token is remembered.
    ///
    /// # Errors
    ///
    /// Why the token is not good.
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

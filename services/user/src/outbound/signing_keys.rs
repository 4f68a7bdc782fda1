//! The folder of keys that sign tokens, read again now and then so that rotation needs no restart.

use std::{
    path::PathBuf,
    sync::{Arc, PoisonError, RwLock},
};

use booked_identity::{Identity, Jwks, KeyError, SignError, SigningKeys};

use crate::ports::TokenSigner;

/// A folder of keys and what was last read of it.
pub struct KeyFolder {
    dir: PathBuf,
    keys: RwLock<Arc<SigningKeys>>,
}

impl KeyFolder {
    /// Reads the folder.
    ///
    /// # Errors
    ///
    /// It has no usable key.
    pub fn open(dir: PathBuf) -> Result<Self, KeyError> {
        let keys = RwLock::new(Arc::new(SigningKeys::load(&dir)?));
        Ok(Self { dir, keys })
    }

    /// Reads the folder again. This blocks for some small reads of files.
    ///
    /// # Errors
    ///
    /// It has no usable key, or changed meanwhile; the keys stay as they were.
    pub fn read_again(&self) -> Result<(), KeyError> {
        let new = SigningKeys::load(&self.dir)?;
        let old = self.keys();
        if !new.ids().eq(old.ids()) {
            tracing::info!(?old, ?new, "the signing keys changed; the first one signs");
            *self.keys.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(new);
        }
        Ok(())
    }

    /// The public keys.
    #[must_use]
    pub fn jwks(&self) -> Jwks {
        self.keys().jwks()
    }

    fn keys(&self) -> Arc<SigningKeys> {
        Arc::clone(&self.keys.read().unwrap_or_else(PoisonError::into_inner))
    }
}

impl TokenSigner for KeyFolder {
    fn sign(&self, identity: &Identity, now_unix_s: i64, lifetime_s: i64) -> Result<String, SignError> {
        self.keys().sign(identity, now_unix_s, lifetime_s)
    }
}

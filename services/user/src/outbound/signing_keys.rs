//! The folder of keys that sign tokens, read again from time to time so that rotating and removing keys need no
//! restart.

use std::{
    path::PathBuf,
    sync::{
        Arc, Mutex, PoisonError, RwLock,
        atomic::{AtomicUsize, Ordering},
    },
    time::Instant,
};

use booked_identity::{Identity, Jwks, KeyError, KeyFolder, SignError, SigningKeys};
use booked_telemetry::count;
use opentelemetry::metrics::Meter;

use crate::ports::TokenSigner;

/// The keys of a folder, as of the last read.
pub struct FolderKeys {
    folder: Mutex<KeyFolder>,
    keys: RwLock<Arc<SigningKeys>>,
    /// How many parts of the folder could not be read the last time.
    unreadable: AtomicUsize,
}

impl FolderKeys {
    /// Reads the folder. Like [`Self::read_again`], this blocks for a few small file reads.
    ///
    /// # Errors
    ///
    /// It has no usable key.
    pub fn open(dir: PathBuf) -> Result<Self, KeyError> {
        let folder = KeyFolder::open(dir, Instant::now())?;
        let keys = RwLock::new(Arc::new(folder.keys()));
        Ok(Self { folder: Mutex::new(folder), keys, unreadable: AtomicUsize::default() })
    }

    /// Reads the folder again. Keys that were removed no longer sign and are no longer published, even if other keys
    /// cannot be read.
    pub fn read_again(&self) {
        let mut folder = self.folder.lock().unwrap_or_else(PoisonError::into_inner);
        let wrong = folder.read_again(Instant::now());
        for error in &wrong {
            tracing::warn!(%error, "signing keys cannot be read; those read before end soon");
        }
        self.unreadable.store(wrong.len(), Ordering::Relaxed);
        let (old, new) = (self.keys(), folder.keys());
        if new.ids().eq(old.ids()) {
            return;
        }
        if new.ids().next().is_none() {
            tracing::error!(?old, "no signing key is left: nobody can log in, and no token is good");
        } else {
            tracing::info!(?old, ?new, "the signing keys changed; the first one signs");
        }
        *self.keys.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(new);
    }

    #[must_use]
    pub fn jwks(&self) -> Jwks {
        self.keys().jwks()
    }

    /// Exports how many keys there are and how many parts could not be read, each time metrics are collected.
    pub(crate) fn register_gauges(self: &Arc<Self>, meter: &Meter) {
        let keys = Arc::clone(self);
        meter
            .u64_observable_gauge("booked_user_signing_keys")
            .with_description("Keys whose tokens are good; the first of them signs")
            .with_callback(move |gauge| gauge.observe(count(keys.keys().ids().count()), &[]))
            .build();
        let keys = Arc::clone(self);
        meter
            .u64_observable_gauge("booked_user_signing_keys_unreadable")
            .with_description("Key files, or the folder itself, that could not be read the last time")
            .with_callback(move |gauge| gauge.observe(count(keys.unreadable.load(Ordering::Relaxed)), &[]))
            .build();
    }

    fn keys(&self) -> Arc<SigningKeys> {
        Arc::clone(&self.keys.read().unwrap_or_else(PoisonError::into_inner))
    }
}

impl TokenSigner for FolderKeys {
    fn sign(&self, identity: &Identity, now_unix_s: i64, lifetime_s: i64) -> Result<String, SignError> {
        self.keys().sign(identity, now_unix_s, lifetime_s)
    }
}

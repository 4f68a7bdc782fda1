//! Everything that can be configured.

use std::{path::PathBuf, thread::available_parallelism, time::Duration};

use booked_identity::internal::Credential;
use booked_postgres::DatabaseSettings;
use booked_server::{
    config::HttpSettings,
    settings::{Kind, Setting, Unchecked, Value},
};

use crate::outbound::{hashing::HashSettings, signing_keys::FolderKeys};

booked_server::settings! {
    /// What serving needs.
    pub struct Config {
        pub(crate) http: HttpSettings;
        pub(crate) credential: Credential;
        pub(crate) database: DatabaseSettings;
        /// Folder of the keys that sign tokens, the same for all replicas. The first *.pem by name signs, all are
        /// published; the command `new-key` makes one.
        pub(crate) keys: FolderKeys = "SIGNING_KEYS_DIR";
        /// How often the folder is read again, in milliseconds. A key whose file is gone is refused once the gateways, too, have
        /// read the keys again (JWKS_REFRESH_INTERVAL_MS).
        pub(crate) keys_reload: Duration = "SIGNING_KEYS_RELOAD_INTERVAL_MS", default 10_000, range 10..=3_600_000;
        /// How long a user's token is valid, in seconds.
        pub(crate) token_ttl_s: i64 = "TOKEN_TTL_S", default 86_400, range 1..=31_536_000;
        /// How long an admin's token is valid, in seconds. A revoked role stays valid in tokens for no longer than this.
        pub(crate) admin_token_ttl_s: i64 = "ADMIN_TOKEN_TTL_S", default 3600, range 1..=31_536_000;
        cost: CostSettings;
        /// Threads that hash passwords; unless it is given, one for each core.
        hash_threads: Option<usize> = optional "HASH_THREADS", range 1..=256;
        /// Most log-ins and registrations that wait for such a thread. The networks of clients take turns, and when it is full,
        /// the one with the most loses its oldest, which is answered 503.
        login_queue_max: usize = "LOGIN_QUEUE_MAX", default 128, range 1..=100_000;
        /// Longest wait for such a thread, in milliseconds; what is expected to wait longer is answered 503 at once.
        login_queue_wait_max: Duration = "LOGIN_QUEUE_WAIT_MAX_MS", default 2000, range 1..=60_000;
    }
}

booked_server::settings! {
    /// What a hash costs. 4 is the least that bcrypt takes; 16 takes some four seconds for a password, and beyond it nobody
    /// waits for the answer.
    pub struct CostSettings {
        /// bcrypt's cost, 4 to 16: one more is twice the time. Older hashes are brought to it when their owners log in.
        pub(crate) bcrypt: u32 = "BCRYPT_COST", default 12, range 4..=16;
    }
}

/// The settings for serving as they are given.
pub type ServeArgs = Unchecked<Config>;

impl Config {
    /// How passwords are hashed.
    pub(crate) fn hash(&self) -> HashSettings {
        HashSettings {
            cost: self.cost.bcrypt,
            threads: self.hash_threads.unwrap_or_else(|| available_parallelism().map_or(1, usize::from)),
            queue_max: self.login_queue_max,
            wait_max: self.login_queue_wait_max,
        }
    }
}

/// The folder must hold a usable key.
impl Value for FolderKeys {
    const KIND: Kind = Kind::Text("DIR");

    fn read(text: &str, _: &Setting) -> Result<Self, String> {
        Self::open(PathBuf::from(text))
            .map_err(|error| format!("has no usable key ({error}); the command `new-key` makes one"))
    }
}

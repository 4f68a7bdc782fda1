//! Everything that can be configured: read by clap as texts, checked here, all mistakes reported at once.

use std::{path::PathBuf, time::Duration};

use booked_identity::internal::Credential;
use booked_postgres::{DatabaseArgs, DatabaseSettings};
use booked_server::config::{CredentialArgs, HttpArgs, HttpSettings, Mistakes};
use clap::Args;

use crate::outbound::{hashing::HashSettings, signing_keys::FolderKeys};

/// What bcrypt takes at least.
const COST_MIN: u32 = 4;
/// Some four seconds a password: beyond it nobody waits for the answer.
const COST_MAX: u32 = 16;
const THREADS_MAX: usize = 256;
const QUEUE_MAX: usize = 100_000;
const YEAR_S: i64 = 31_536_000;

/// How `serve` is to be.
#[derive(Args, Clone, Debug)]
pub struct ServeArgs {
    #[command(flatten)]
    http: HttpArgs,
    #[command(flatten)]
    credential: CredentialArgs,
    #[command(flatten)]
    database: DatabaseArgs,
    #[command(flatten)]
    keys: KeyArgs,
    #[command(flatten)]
    cost: CostArgs,
    #[command(flatten)]
    queue: QueueArgs,
}

/// The keys and the tokens that they sign.
#[derive(Args, Clone, Debug)]
struct KeyArgs {
    /// Folder of the keys that sign tokens, the same for all replicas. The first *.pem by name signs, all are
    /// published; the command `new-key` makes one.
    #[arg(long, env = "SIGNING_KEYS_DIR", value_name = "DIR")]
    signing_keys_dir: Option<PathBuf>,
    /// How often the folder is read again, in milliseconds. A key whose file is gone is refused once the gateways, too, have
    /// looked again (JWKS_REFRESH_INTERVAL_MS).
    #[arg(long, env = "SIGNING_KEYS_RELOAD_INTERVAL_MS", default_value = "10000", value_name = "MS")]
    signing_keys_reload_interval_ms: String,
    /// How long a user's token is good, in seconds.
    #[arg(long, env = "TOKEN_TTL_S", default_value = "86400", value_name = "SECONDS")]
    token_ttl_s: String,
    /// How long an admin's token is good, in seconds: so long does a role that was taken away live on.
    #[arg(long, env = "ADMIN_TOKEN_TTL_S", default_value = "3600", value_name = "SECONDS")]
    admin_token_ttl_s: String,
}

/// What a hash costs.
#[derive(Args, Clone, Debug)]
pub struct CostArgs {
    /// bcrypt's cost, 4 to 16: one more is twice the time. Older hashes are brought to it when their owners log in.
    #[arg(long, env = "BCRYPT_COST", default_value = "12", value_name = "COST")]
    bcrypt_cost: String,
}

/// How many passwords are hashed at once, and how many wait.
#[derive(Args, Clone, Debug)]
struct QueueArgs {
    /// Threads that hash passwords [default: one for each core].
    #[arg(long, env = "HASH_THREADS", value_name = "COUNT")]
    hash_threads: Option<String>,
    /// Most log-ins and registrations that wait for such a thread. The networks of clients take turns, and when it is full,
    /// the one with the most loses its oldest, which is answered 503.
    #[arg(long, env = "LOGIN_QUEUE_MAX", default_value = "128", value_name = "COUNT")]
    login_queue_max: String,
    /// Longest wait for such a thread, in milliseconds; what is expected to wait longer is answered 503 at once.
    #[arg(long, env = "LOGIN_QUEUE_WAIT_MAX_MS", default_value = "2000", value_name = "MS")]
    login_queue_wait_max_ms: String,
}

/// What [`ServeArgs`] says, checked.
pub struct Config {
    pub(crate) http: HttpSettings,
    pub(crate) credential: Credential,
    pub(crate) database: DatabaseSettings,
    pub(crate) keys: FolderKeys,
    pub(crate) keys_reload: Duration,
    pub(crate) token_ttl_s: i64,
    pub(crate) admin_token_ttl_s: i64,
    pub(crate) hash: HashSettings,
}

impl ServeArgs {
    /// Checks the settings; the folder of keys must hold a usable one.
    ///
    /// # Errors
    ///
    /// All mistakes at once.
    pub fn check(&self) -> Result<Config, Mistakes> {
        let mut mistakes = Mistakes::default();
        let (http, credential) = (self.http.check(&mut mistakes), self.credential.check(&mut mistakes));
        let database = self.database.check(&mut mistakes);
        let keys = self.keys.open(&mut mistakes);
        let reload = mistakes.millis(
            "SIGNING_KEYS_RELOAD_INTERVAL_MS",
            &self.keys.signing_keys_reload_interval_ms,
            10..=3_600_000,
        );
        let lifetime = mistakes.number("TOKEN_TTL_S", &self.keys.token_ttl_s, 1..=YEAR_S);
        let admin_lifetime = mistakes.number("ADMIN_TOKEN_TTL_S", &self.keys.admin_token_ttl_s, 1..=YEAR_S);
        let cost = self.cost.check(&mut mistakes);
        let hash = self.queue.check(cost, &mut mistakes);
        let config = || {
            Some(Config {
                http: http?,
                credential: credential?,
                database: database?,
                keys: keys?,
                keys_reload: reload?,
                token_ttl_s: lifetime?,
                admin_token_ttl_s: admin_lifetime?,
                hash: hash?,
            })
        };
        mistakes.finish(config())
    }
}

impl KeyArgs {
    fn open(&self, mistakes: &mut Mistakes) -> Option<FolderKeys> {
        const SETTING: &str = "SIGNING_KEYS_DIR";
        let Some(dir) = self.signing_keys_dir.clone() else {
            mistakes.add(SETTING, "is missing");
            return None;
        };
        let unusable = |error| format!("has no usable key ({error}); the command `new-key` makes one");
        FolderKeys::open(dir).map_err(|error| mistakes.add(SETTING, unusable(error))).ok()
    }
}

impl CostArgs {
    /// Checks the settings.
    pub(crate) fn check(&self, mistakes: &mut Mistakes) -> Option<u32> {
        mistakes.number("BCRYPT_COST", &self.bcrypt_cost, COST_MIN..=COST_MAX)
    }
}

impl QueueArgs {
    fn check(&self, cost: Option<u32>, mistakes: &mut Mistakes) -> Option<HashSettings> {
        let threads = match &self.hash_threads {
            Some(threads) => mistakes.number("HASH_THREADS", threads, 1..=THREADS_MAX),
            None => Some(std::thread::available_parallelism().map_or(1, usize::from)),
        };
        let queue_max = mistakes.number("LOGIN_QUEUE_MAX", &self.login_queue_max, 1..=QUEUE_MAX);
        let wait_max = mistakes.millis("LOGIN_QUEUE_WAIT_MAX_MS", &self.login_queue_wait_max_ms, 1..=60_000);
        Some(HashSettings { cost: cost?, threads: threads?, queue_max: queue_max?, wait_max: wait_max? })
    }
}

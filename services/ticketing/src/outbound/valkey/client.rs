//! Commands and scripts on Valkey, and what it means when they fail: whether nothing was done, or nobody knows.

use std::{
    fmt,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use booked_failure::Failure;
use redis::{
    Cmd, ErrorKind, Pipeline, RedisError, RedisResult, ServerErrorKind, Value,
    aio::ConnectionLike,
    cluster_routing::{MultipleNodeRoutingInfo, RoutingInfo},
};
use tokio::{
    runtime::Handle,
    time::{Instant, sleep, timeout},
};
use tokio_util::context::TokioContext;
use tracing::Instrument as _;

use super::{
    config::ValkeySettings,
    link::Link,
    links::{Links, Place},
    metrics::Durations,
    scripts::Script,
};
use crate::ports::VALKEY;

/// How often a command is sent again that surely did nothing: while a cluster moves a slot or elects a master.
const TRIES: u32 = 5;
/// Pause before that, which grows with each try.
const TRY_PAUSE: Duration = Duration::from_millis(20);
/// How often a server that was lost is asked whether it is back.
const PROBE_PAUSE: Duration = Duration::from_millis(100);

/// A handle on Valkey; clones share its connections.
#[derive(Clone)]
pub struct Valkey {
    settings: Arc<ValkeySettings>,
    links: Arc<Links>,
    /// A single server did not answer, or none could be connected to: nothing is sent until a probe is answered. So a
    /// frozen server costs a few callers their contention, not all, and the others know that nothing was sent.
    away: Arc<AtomicBool>,
    durations: Durations,
}

impl Valkey {
    /// A handle that connects when it is first used. Its connections live on this runtime, but for those of HTTP workers.
    #[must_use]
    pub fn new(settings: ValkeySettings, runtime: Handle) -> Self {
        if settings.is_in_the_clear() {
            tracing::warn!(
                "the way to Valkey is in the clear: VALKEY_URL is none of rediss://…, rediss-cluster://…"
            );
        }
        Self {
            settings: Arc::new(settings),
            links: Arc::new(Links::new(runtime)),
            away: Arc::default(),
            durations: Durations::new(),
        }
    }

    /// The runtime that lives as long as the process.
    pub(super) fn runtime(&self) -> &Handle {
        &self.links.shared().runtime
    }

    /// How long a command may take.
    pub(super) fn timeout(&self) -> Duration {
        self.settings.timeout
    }

    /// What makes this Valkey unfit, if anything: a server that may evict keys forgets holds and inventories piece by piece, and one
    /// of a cluster refuses the events of all others.
    ///
    /// # Errors
    ///
    /// It cannot be asked.
    pub async fn misconfiguration(&self) -> Result<Option<String>, Failure> {
        let texts = self.info("memory").await?;
        let policies = texts
            .iter()
            .flat_map(|text| text.lines())
            .filter_map(|line| line.strip_prefix("maxmemory_policy:"));
        let evicting = policies.map(str::trim).find(|policy| *policy != "noeviction");
        if let Some(policy) = evicting {
            return Ok(Some(format!("Valkey's maxmemory-policy is {policy}; it must be noeviction")));
        }
        let is_part = |text: &String| text.lines().any(|line| line.trim() == "cluster_enabled:1");
        let is_mistaken = !self.settings.url.cluster && self.info("cluster").await?.iter().any(is_part);
        Ok(is_mistaken.then(|| "Valkey is a cluster; VALKEY_URL must be redis-cluster://…".to_owned()))
    }

    /// A section of INFO, of every master.
    pub(super) async fn info(&self, section: &str) -> Result<Vec<String>, Failure> {
        let link = self.link(&self.links.here()).await?;
        let mut command = redis::cmd("INFO");
        command.arg(section);
        let value = match link {
            Link::Single(_) => self.send(&command).await?,
            Link::Cluster(mut cluster) => {
                let masters = RoutingInfo::MultiNode((MultipleNodeRoutingInfo::AllMasters, None));
                cluster.route_command(command, masters).await.map_err(|error| self.failure(&error))?
            }
        };
        Ok(super::reply::texts(value))
    }

    /// Runs a script. Its keys are all of one slot.
    pub(super) async fn run(
        &self,
        script: &Script,
        keys: impl Iterator<Item = String>,
        arguments: impl FnOnce(&mut Cmd),
    ) -> Result<Value, Failure> {
        let keys: Vec<String> = keys.collect();
        let mut rest = Cmd::new();
        arguments(&mut rest);
        let command = |name: &str, script: &str| {
            let mut command = redis::cmd(name);
            command.arg(script).arg(keys.len()).arg(&keys);
            rest.args_iter().for_each(|argument| {
                if let redis::Arg::Simple(bytes) = argument {
                    command.arg(bytes);
                }
            });
            command
        };
        self.measured(script.name, async {
            let result = self.try_send(&command("EVALSHA", &script.digest)).await;
            match &result {
                Ok(Err(error)) if error.kind() == ErrorKind::Server(ServerErrorKind::NoScript) => {
                    self.try_send(&command("EVAL", &script.source)).await
                }
                _ => result,
            }
        })
        .await
    }

    /// Sends a command.
    pub(super) async fn send(&self, command: &Cmd) -> Result<Value, Failure> {
        self.measured("command", self.try_send(command)).await
    }

    /// Sends commands on one key together and once. If that fails, any of them may have been carried out.
    pub(super) async fn send_together(&self, commands: &Pipeline) -> Result<(), Failure> {
        let sending = async {
            if self.away.load(Ordering::Relaxed) {
                return Err(Failure::not_done(VALKEY, "it did not answer lately"));
            }
            let place = self.links.here();
            let mut link = self.link(&place).await?;
            let asking = ConnectionLike::req_packed_commands(&mut link, commands, 0, commands.len());
            let answers = TokioContext::new(asking, place.runtime.clone()).await;
            Ok(answers.map(Value::Array).and_then(Value::extract_error))
        };
        self.measured("commands", sending).await.map(drop)
    }

    async fn measured(
        &self,
        operation: &str,
        asking: impl Future<Output = Result<RedisResult<Value>, Failure>>,
    ) -> Result<Value, Failure> {
        let (span, began) = (booked_telemetry::database_span("valkey", operation), Instant::now());
        let result = asking.instrument(span.clone()).await;
        let result = result.and_then(|answer| answer.map_err(|error| self.failure(&error)));
        if result.is_err() {
            booked_telemetry::failed(&span);
        }
        self.durations.record(operation, &result, began.elapsed());
        result
    }

    async fn try_send(&self, command: &Cmd) -> Result<RedisResult<Value>, Failure> {
        if self.away.load(Ordering::Relaxed) {
            return Err(Failure::not_done(VALKEY, "it did not answer lately"));
        }
        let place = self.links.here();
        let mut link = self.link(&place).await?;
        let mut tries = 1;
        loop {
            // A connection that is opened again lives on the runtime that asks for it.
            let asking = ConnectionLike::req_packed_command(&mut link, command);
            match TokioContext::new(asking, place.runtime.clone()).await.and_then(Value::extract_error) {
                Err(error) if tries < TRIES && surely_did_nothing_yet(&error) => {
                    sleep(TRY_PAUSE * tries).await
                }
                result => return Ok(result),
            }
            tries += 1;
        }
    }

    async fn link(&self, place: &Place) -> Result<Link, Failure> {
        let opened = place.link.get_or_try_init(async || {
            // Those who came while somebody tried do not try one after the other.
            if self.away.load(Ordering::Relaxed) {
                return Err(Failure::not_done(VALKEY, "it could not be connected to lately"));
            }
            let opened = self.open(&place.runtime).await;
            if opened.is_err() {
                self.wait_until_back();
            }
            opened
        });
        opened.await.cloned()
    }

    async fn open(&self, runtime: &Handle) -> Result<Link, Failure> {
        let settings = Arc::clone(&self.settings);
        let contention = settings.timeout;
        let opening = runtime.spawn(async move { timeout(contention, Link::open(&settings)).await });
        match opening.await {
            Ok(Ok(Ok(link))) => Ok(link),
            Ok(Ok(Err(error))) => Err(Failure::not_done(VALKEY, error)),
            Ok(Err(_)) => Err(Failure::not_done(VALKEY, "no connection in time")),
            Err(error) => Err(Failure::not_done(VALKEY, error)),
        }
    }

    fn failure(&self, error: &RedisError) -> Failure {
        if error.is_io_error() && !self.settings.url.cluster {
            self.links.renew();
            self.wait_until_back();
        }
        let never_ran = error.is_connection_refusal()
            || surely_did_nothing_yet(error)
            || matches!(
                error.kind(),
                ErrorKind::ClusterConnectionNotFound
                    | ErrorKind::AuthenticationFailed
                    | ErrorKind::InvalidClientConfig
                    | ErrorKind::Server(
                        ServerErrorKind::NoPerm | ServerErrorKind::NoScript | ServerErrorKind::CrossSlot
                    )
            )
            || matches!(
                error.code(),
                Some("OOM" | "NOAUTH" | "WRONGPASS" | "MISCONF" | "NOREPLICAS" | "BUSY")
            );
        let what = error.to_string();
        if never_ran { Failure::not_done(VALKEY, what) } else { Failure::unknown(VALKEY, what) }
    }

    /// Sends nothing more until a probe is answered.
    fn wait_until_back(&self) {
        if self.away.swap(true, Ordering::Relaxed) {
            return;
        }
        tracing::warn!("Valkey is away");
        let this = self.clone();
        self.runtime().spawn(async move {
            let (ping, shared) = (redis::cmd("PING"), this.links.shared());
            loop {
                if let Ok(mut link) =
                    shared.link.get_or_try_init(|| this.open(&shared.runtime)).await.cloned()
                    && ConnectionLike::req_packed_command(&mut link, &ping).await.is_ok()
                {
                    break;
                }
                sleep(PROBE_PAUSE).await;
            }
            this.away.store(false, Ordering::Relaxed);
            tracing::info!("Valkey is back");
        });
    }
}

/// The server refused before the first write, and may take the command in a moment.
fn surely_did_nothing_yet(error: &RedisError) -> bool {
    use ServerErrorKind::{Ask, BusyLoading, ClusterDown, MasterDown, Moved, ReadOnly, TryAgain};
    matches!(
        error.kind(),
        ErrorKind::Server(Moved | Ask | TryAgain | ClusterDown | MasterDown | BusyLoading | ReadOnly)
    )
}

impl fmt::Debug for Valkey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Valkey").field("settings", &self.settings).finish_non_exhaustive()
    }
}

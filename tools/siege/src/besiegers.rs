//! Those of ill will, on threads of their own, so that they take nothing from the buyers but the machine.

use std::{
    collections::BTreeMap,
    net::{IpAddr, SocketAddr},
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use anyhow::{Context as _, Result};
use booked_load::client::{Gateway, HttpResponse, RequestError, Session, connect_from};
use tokio::{
    net::TcpStream,
    runtime::Runtime,
    task::JoinSet,
    time::{Instant, sleep},
};
use uuid::Uuid;

use super::{
    attack::Attack,
    stage::{Stage, address},
};
use crate::{attacks, options::SiegeOptions};

/// Loopback addresses that start with 127.66 are strangers'.
const STRANGERS: u8 = 66;
/// Before somebody who could not connect tries again.
const REFUSED_PAUSE: Duration = Duration::from_millis(100);

/// Whoever has seen nothing by then is shut out, which buyers may be too.
const UNDER_WAY_WITHIN: Duration = Duration::from_secs(5);
const POLL: Duration = Duration::from_millis(10);

/// An attack that goes on. It ends with this, and its connections with it.
pub(super) struct Besiegers {
    runtime: Option<Runtime>,
    ground: Arc<Ground>,
}

/// What attackers stand on.
pub(super) struct Ground {
    attack: Attack,
    gateway: Gateway,
    target: SocketAddr,
    raiders: Vec<String>,
    pub(super) event: Uuid,
    percent: usize,
    pub(super) calls_max: usize,
    seen: Mutex<BTreeMap<String, u64>>,
}

/// What came of it for the attackers, and what the gateway needed.
pub(super) struct Spoils {
    pub(super) seen: BTreeMap<String, u64>,
    pub(super) gateway_mib: u64,
}

impl Besiegers {
    /// Begins an attack.
    pub(super) fn begin(attack: Attack, options: &SiegeOptions, stage: &Stage, event: Uuid) -> Result<Self> {
        let gateway = stage.gateway.clone();
        let authority = gateway.url().trim_start_matches("http://");
        let ground = Arc::new(Ground {
            attack,
            target: authority.parse().context("the gateway has no address")?,
            gateway,
            raiders: stage.raiders.clone(),
            event,
            percent: options.percent,
            calls_max: options.calls_max,
            seen: Mutex::default(),
        });
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build();
        let runtime = runtime.context("there is no runtime to be had")?;
        runtime.spawn(attacks::run(attack, Arc::clone(&ground)));
        Ok(Self { runtime: Some(runtime), ground })
    }

    /// Comes back when somebody has seen something of it, which takes a moment.
    pub(super) async fn under_way(&self) {
        let deadline = Instant::now() + UNDER_WAY_WITHIN;
        while Instant::now() < deadline && self.ground.has_seen_nothing() {
            sleep(POLL).await;
        }
    }

    /// Ends it.
    pub(super) fn end(self, stage: &Stage) -> Spoils {
        let gateway_mib = stage.gateway_mib().unwrap_or_default();
        let seen = self.ground.seen.lock().unwrap_or_else(PoisonError::into_inner).clone();
        Spoils { seen, gateway_mib }
    }
}

impl Drop for Besiegers {
    fn drop(&mut self) {
        if let Some(runtime) = self.runtime.take() {
            runtime.shutdown_background();
        }
    }
}

impl Ground {
    /// So many of what an attack in full has; at least one.
    pub(super) fn count(&self, in_full: usize) -> usize {
        (in_full * self.percent / 100).max(1)
    }

    /// The address of the attacker of that number, where so many addresses attack.
    pub(super) fn address(&self, number: usize, addresses: usize) -> IpAddr {
        let number = u8::try_from(number % addresses.clamp(1, 250)).unwrap_or_default();
        address(STRANGERS, self.attack.number(), number)
    }

    /// The gateway, as it is reached from there.
    pub(super) fn gateway(&self, from: IpAddr) -> Gateway {
        self.gateway.reached_from(from)
    }

    /// The session of an attacker with an account; all have the first one where `accounts` is 1.
    pub(super) fn raider(&self, number: usize, accounts: usize, from: IpAddr) -> Session {
        let gateway = self.gateway(from);
        let token = self.raiders.get(number % accounts.max(1));
        token.and_then(|token| gateway.resume(token)).unwrap_or_else(|| gateway.anyone())
    }

    /// A bare connection; none where there is none to be had, after a pause.
    pub(super) async fn connect(&self, from: IpAddr) -> Option<TcpStream> {
        match connect_from(from, self.target).await {
            Ok(stream) => {
                self.saw("connected");
                Some(stream)
            }
            Err(_) => {
                self.saw("no connection");
                sleep(REFUSED_PAUSE).await;
                None
            }
        }
    }

    fn has_seen_nothing(&self) -> bool {
        self.seen.lock().unwrap_or_else(PoisonError::into_inner).is_empty()
    }

    /// Counts what an attacker saw.
    pub(super) fn saw(&self, what: &str) {
        let mut seen = self.seen.lock().unwrap_or_else(PoisonError::into_inner);
        match seen.get_mut(what) {
            Some(count) => *count += 1,
            None => drop(seen.insert(what.to_owned(), 1)),
        }
    }

    /// Counts an answer by its status.
    pub(super) fn saw_answer(&self, answered: &Result<HttpResponse, RequestError>) {
        match answered {
            Ok(answer) => self.saw(answer.status.as_str()),
            Err(RequestError::NotSent(_)) => self.saw("no connection"),
            Err(RequestError::Lost(_)) => self.saw("cut"),
            Err(RequestError::TimedOut) => self.saw("no answer"),
        }
    }
}

/// So many attackers at once, until each of them is through.
pub(super) async fn crowd<F>(count: usize, one: impl Fn(usize) -> F)
where
    F: Future<Output = ()> + Send + 'static,
{
    let mut all = JoinSet::new();
    for number in 0..count {
        all.spawn(one(number));
    }
    while all.join_next().await.is_some() {}
}

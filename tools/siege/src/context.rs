//! What every attacker needs: addresses, accounts, the gateway, and a record of what attackers observe.

use std::{
    collections::BTreeMap,
    net::{IpAddr, SocketAddr},
    sync::{Mutex, PoisonError},
    time::Duration,
};

use anyhow::{Context as _, Result};
use booked_client::RawAnswer;
use booked_load::client::{Gateway, RequestError, Session, connect_from};
use tokio::{net::TcpStream, task::JoinSet, time::sleep};
use uuid::Uuid;

use super::{
    attack::Attack,
    options::SiegeOptions,
    testbed::{Testbed, address},
};

/// Attackers have the loopback addresses that begin with 127.66.
const ATTACKERS_NET: u8 = 66;
/// How long an attacker waits after a connection was refused.
const REFUSED_PAUSE: Duration = Duration::from_millis(100);

pub(super) struct AttackContext {
    attack: Attack,
    gateway: Gateway,
    target: SocketAddr,
    /// Tokens of the attackers' accounts.
    tokens: Vec<String>,
    pub(super) event: Uuid,
    percent: usize,
    pub(super) calls_max: usize,
    observed: Mutex<BTreeMap<String, u64>>,
}

impl AttackContext {
    pub(super) fn new(
        attack: Attack,
        options: &SiegeOptions,
        testbed: &Testbed,
        event: Uuid,
    ) -> Result<Self> {
        let gateway = testbed.gateway.clone();
        let authority = gateway.url().trim_start_matches("http://");
        Ok(Self {
            attack,
            target: authority.parse().context("the gateway has no address")?,
            gateway,
            tokens: testbed.attacker_tokens.clone(),
            event,
            percent: options.percent,
            calls_max: options.calls_max,
            observed: Mutex::default(),
        })
    }

    /// This many of what an attack of full strength has, but at least one.
    pub(super) fn scaled(&self, full: usize) -> usize {
        (full * self.percent / 100).max(1)
    }

    /// The address of the attacker with this number, if they share this many addresses.
    pub(super) fn address(&self, number: usize, addresses: usize) -> IpAddr {
        let number = u8::try_from(number % addresses.clamp(1, 250)).unwrap_or_default();
        address(ATTACKERS_NET, self.attack.number(), number)
    }

    /// The gateway as it is reached from this address.
    pub(super) fn gateway(&self, from: IpAddr) -> Gateway {
        self.gateway.from_address(from)
    }

    /// The session of the attacker with this number, if they share this many accounts.
    pub(super) fn session(&self, number: usize, accounts: usize, from: IpAddr) -> Session {
        let gateway = self.gateway(from);
        let token = self.tokens.get(number % accounts.max(1));
        token.and_then(|token| gateway.resume(token)).unwrap_or_else(|| gateway.anonymous())
    }

    /// A bare connection; none, after a pause, if it is refused.
    pub(super) async fn connect(&self, from: IpAddr) -> Option<TcpStream> {
        match connect_from(from, self.target).await {
            Ok(stream) => {
                self.observe("connected");
                Some(stream)
            }
            Err(_) => {
                self.observe("no connection");
                sleep(REFUSED_PAUSE).await;
                None
            }
        }
    }

    /// Counts what an attacker observes.
    pub(super) fn observe(&self, what: &str) {
        let mut observed = self.observed.lock().unwrap_or_else(PoisonError::into_inner);
        match observed.get_mut(what) {
            Some(count) => *count += 1,
            None => drop(observed.insert(what.to_owned(), 1)),
        }
    }

    /// Counts a response by its status.
    pub(super) fn observe_response(&self, response: &Result<RawAnswer, RequestError>) {
        match response {
            Ok(response) => self.observe(response.status.as_str()),
            Err(RequestError::NotSent(_)) => self.observe("no connection"),
            Err(RequestError::Lost(_)) => self.observe("cut"),
            Err(RequestError::TimedOut) => self.observe("timed out"),
        }
    }

    /// How often attackers have observed what.
    pub(super) fn observed(&self) -> BTreeMap<String, u64> {
        self.observed.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

/// Runs this many attackers concurrently, until all of them have finished.
pub(super) async fn run_concurrently<F>(count: usize, one: impl Fn(usize) -> F)
where
    F: Future<Output = ()> + Send + 'static,
{
    let mut all = JoinSet::new();
    for number in 0..count {
        all.spawn(one(number));
    }
    while all.join_next().await.is_some() {}
}

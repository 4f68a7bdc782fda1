//! The besieged system, and the accounts of both sides.

use std::{
    net::{IpAddr, Ipv4Addr},
    path::Path,
    time::Duration,
};

use anyhow::{Context as _, Result};
use booked_checker::history::{Call, Op, Outcome, Response};
use booked_load::client::{Gateway, Session, Timeouts};
use booked_local_system::{Binaries, Progress, Servers, Service, System, SystemOptions};
use futures_util::{StreamExt as _, TryStreamExt as _, stream};
use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
use uuid::Uuid;

use super::accounts::{PASSWORD, RETRIES, enter};
use crate::options::SiegeOptions;

/// The default.
pub(super) const HOLD_TTL_MS: u64 = 600_000;
/// A twenty-fifth of the defaults, so that a few thousand connections show what a hundred thousand would do to those.
const CONNECTIONS_MAX: [(&str, &str); 2] =
    [("CLIENT_CONNECTIONS_MAX", "1000"), ("ADDRESS_CONNECTIONS_MAX", "40")];
const SEATS: u32 = 5_000;
/// Accounts that attack; the first is the one that is alone where one account attacks.
const RAIDERS: u8 = 8;
/// Those who log in beside an attack on log-ins.
const VISITORS: u8 = 4;
/// Each of them is in a network of their own, as people are; so is the owner of the guessed account each time.
const VISITORS_NET: u8 = 32;
const OWNERS_NET: u8 = 64;
const MADE_AT_ONCE: usize = 4;
const TIMEOUTS: Timeouts = Timeouts { connect: Duration::from_secs(2), response: Duration::from_secs(5) };

/// A system, its good buyers, and accounts of ill will.
pub(super) struct Stage {
    pub(super) system: System,
    pub(super) gateway: Gateway,
    admin: Session,
    pub(super) buyers: Vec<Session>,
    /// Each with an address and an account of its own.
    pub(super) visitors: Vec<Visitor>,
    /// One account, which its owner uses from several addresses, and somebody guesses.
    pub(super) guessed: Vec<Visitor>,
    pub(super) raiders: Vec<String>,
}

/// Somebody who logs in.
#[derive(Clone)]
pub(super) struct Visitor {
    pub(super) gateway: Gateway,
    pub(super) email: String,
}

impl Stage {
    /// Starts everything.
    pub(super) async fn start(folder: &Path, options: &SiegeOptions, binaries: &Binaries) -> Result<Self> {
        raise_file_limit();
        let connections =
            CONNECTIONS_MAX.map(|(name, value)| (Service::Gateway, name.to_owned(), value.to_owned()));
        let options_of_system = SystemOptions {
            servers: Servers::Temporary,
            hold: Duration::from_millis(HOLD_TTL_MS),
            // It is they that are tried.
            limits: true,
            settings: options.settings.iter().cloned().chain(connections).collect(),
            ..SystemOptions::new(folder)
        };
        let system =
            tokio::task::block_in_place(|| System::start(&options_of_system, binaries, &Progress::Silent))?;
        let gateway = Gateway::new(&system.gateway_url(), TIMEOUTS)?;
        let (email, password) = (&system.admin().email, &system.admin().password);
        let admin = RETRIES.run(|| gateway.log_in(email, password)).await?;

        let making = (0..options.buyers).map(|number| {
            let number = u8::try_from(number).unwrap_or(u8::MAX);
            let gateway = gateway.reached_from(address(1, 1, number));
            async move { enter(&gateway, &format!("buyer-{number}@example.com")).await }
        });
        let buyers = stream::iter(making).buffered(MADE_AT_ONCE).try_collect().await.context("a buyer")?;
        let mut visitors = Vec::new();
        for number in 0..VISITORS {
            let gateway = gateway.reached_from(address(1, VISITORS_NET + number, 0));
            let email = format!("visitor-{number}@example.com");
            enter(&gateway, &email).await.context("a visitor")?;
            visitors.push(Visitor { gateway, email });
        }
        let owner = |number| Visitor {
            gateway: gateway.reached_from(address(1, OWNERS_NET + number, 0)),
            email: "owner@example.com".to_owned(),
        };
        let guessed: Vec<Visitor> = (0..VISITORS).map(owner).collect();
        enter(&guessed[0].gateway, &guessed[0].email).await.context("the owner of the guessed account")?;
        let making = (0..RAIDERS).map(|number| {
            let gateway = gateway.reached_from(address(66, 255, number));
            async move { enter(&gateway, &raider(number)).await }
        });
        let raiders: Vec<Session> =
            stream::iter(making).buffered(MADE_AT_ONCE).try_collect().await.context("a raider")?;
        let raiders = raiders.iter().filter_map(|session| session.token().map(str::to_owned)).collect();
        Ok(Self { system, gateway, admin, buyers, visitors, guessed, raiders })
    }

    /// An event that is on sale, and the call that made it.
    pub(super) async fn new_event(&self) -> Result<(Uuid, Call)> {
        let call = self.admin.call(Op::CreateEvent { seat_count: SEATS }).await;
        match &call.outcome {
            Outcome::Ok(Response::Created { event_id }) => Ok((*event_id, call)),
            other => anyhow::bail!("an event could not be created: {other:?}"),
        }
    }

    /// What the gateway has in memory now, in MiB.
    pub(super) fn gateway_mib(&self) -> Option<u64> {
        let pid = self.system.process("gateway").ok()?.pid()?;
        let status = std::fs::read_to_string(format!("/proc/{pid}/status")).ok()?;
        let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"))?;
        let kib: u64 = line.trim().strip_suffix("kB")?.trim().parse().ok()?;
        Some(kib / 1024)
    }
}

/// The account that attacks.
pub(super) fn raider(number: u8) -> String {
    format!("raider-{}@example.com", number % RAIDERS)
}

/// The password of everybody.
pub(super) fn password() -> &'static str {
    PASSWORD
}

/// An address of the loopback network, all of which is this machine.
pub(super) fn address(network: u8, part: u8, number: u8) -> IpAddr {
    Ipv4Addr::new(127, network, part, number.saturating_add(1)).into()
}

/// Thousands of connections, with both ends on this machine, need as many files. Programs that are started inherit it.
fn raise_file_limit() {
    let limit = getrlimit(Resource::Nofile);
    let raised = Rlimit { current: limit.maximum, maximum: limit.maximum };
    // Where it cannot be raised, fewer connections attack.
    let _ = setrlimit(Resource::Nofile, raised);
}

//! The system under attack, and the accounts of buyers, members and attackers.

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

use super::{
    accounts::{ATTACKERS, RETRIES, attacker_email, register_and_log_in},
    options::SiegeOptions,
};

/// The same as the default.
pub(super) const HOLD_TTL_MS: u64 = 600_000;
/// One twenty-fifth of the defaults, so that a few thousand connections have the effect of a hundred thousand.
const CONNECTIONS_MAX: [(&str, &str); 2] =
    [("CLIENT_CONNECTIONS_MAX", "1000"), ("ADDRESS_CONNECTIONS_MAX", "40")];
const SEATS: u32 = 5_000;
/// Members who log in during an attack on log-ins.
const MEMBERS: u8 = 4;
/// Each of them is in a different network, as people are. So is the owner of the guessed account, each time.
const MEMBERS_NET: u8 = 32;
const OWNERS_NET: u8 = 64;
const CREATED_AT_ONCE: usize = 4;
const TIMEOUTS: Timeouts = Timeouts { connect: Duration::from_secs(2), response: Duration::from_secs(5) };

pub(super) struct Testbed {
    pub(super) system: System,
    pub(super) gateway: Gateway,
    admin: Session,
    pub(super) buyers: Vec<Session>,
    /// Each with its own address and account.
    pub(super) members: Vec<Member>,
    /// One account, which attackers guess and its owner uses from several addresses.
    pub(super) owners: Vec<Member>,
    pub(super) attacker_tokens: Vec<String>,
}

/// Somebody with an account who logs in.
#[derive(Clone)]
pub(super) struct Member {
    pub(super) gateway: Gateway,
    pub(super) email: String,
}

impl Testbed {
    pub(super) async fn start(folder: &Path, options: &SiegeOptions, binaries: &Binaries) -> Result<Self> {
        raise_file_limit();
        let connections =
            CONNECTIONS_MAX.map(|(name, value)| (Service::Gateway, name.to_owned(), value.to_owned()));
        let system_options = SystemOptions {
            servers: Servers::Temporary,
            hold: Duration::from_millis(HOLD_TTL_MS),
            // They are under test.
            limits: true,
            settings: options.settings.iter().cloned().chain(connections).collect(),
            ..SystemOptions::new(folder)
        };
        let system =
            tokio::task::block_in_place(|| System::start(&system_options, binaries, &Progress::Silent))?;
        let gateway = Gateway::new(&system.gateway_url(), TIMEOUTS)?;
        let (email, password) = (&system.admin().email, &system.admin().password);
        let admin = RETRIES.run(|| gateway.log_in(email, password)).await?;

        let creating = (0..options.buyers).map(|number| {
            let number = u8::try_from(number).unwrap_or(u8::MAX);
            let gateway = gateway.from_address(address(1, 1, number));
            async move { register_and_log_in(&gateway, &format!("buyer-{number}@example.com")).await }
        });
        let buyers =
            stream::iter(creating).buffered(CREATED_AT_ONCE).try_collect().await.context("a buyer")?;
        let mut members = Vec::new();
        for number in 0..MEMBERS {
            let gateway = gateway.from_address(address(1, MEMBERS_NET + number, 0));
            let email = format!("member-{number}@example.com");
            register_and_log_in(&gateway, &email).await.context("a member")?;
            members.push(Member { gateway, email });
        }
        let owner = |number| Member {
            gateway: gateway.from_address(address(1, OWNERS_NET + number, 0)),
            email: "owner@example.com".to_owned(),
        };
        let owners: Vec<Member> = (0..MEMBERS).map(owner).collect();
        register_and_log_in(&owners[0].gateway, &owners[0].email)
            .await
            .context("the owner of the guessed account")?;
        let creating = (0..ATTACKERS).map(|number| {
            let gateway = gateway.from_address(address(66, 255, number));
            async move { register_and_log_in(&gateway, &attacker_email(number)).await }
        });
        let attackers: Vec<Session> =
            stream::iter(creating).buffered(CREATED_AT_ONCE).try_collect().await.context("an attacker")?;
        let attacker_tokens =
            attackers.iter().filter_map(|session| session.token().map(str::to_owned)).collect();
        Ok(Self { system, gateway, admin, buyers, members, owners, attacker_tokens })
    }

    /// An event that is on sale, and the call that created it.
    pub(super) async fn new_event(&self) -> Result<(Uuid, Call)> {
        let call = self.admin.call(Op::CreateEvent { seat_count: SEATS, max_per_buyer: None }).await;
        match &call.outcome {
            Outcome::Ok(Response::Created { event_id }) => Ok((*event_id, call)),
            other => anyhow::bail!("an event could not be created: {other:?}"),
        }
    }

    /// How much memory the gateway uses.
    pub(super) fn gateway_mib(&self) -> Option<u64> {
        let pid = self.system.process("gateway").ok()?.pid()?;
        let status = std::fs::read_to_string(format!("/proc/{pid}/status")).ok()?;
        let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"))?;
        let kib: u64 = line.trim().strip_suffix("kB")?.trim().parse().ok()?;
        Some(kib / 1024)
    }
}

/// An address of the loopback network, all of which is this machine.
pub(super) fn address(network: u8, part: u8, number: u8) -> IpAddr {
    Ipv4Addr::new(127, network, part, number.saturating_add(1)).into()
}

/// Thousands of connections need as many files, twice, since both ends are on this machine. Programs that we start inherit
/// the limit.
fn raise_file_limit() {
    let limit = getrlimit(Resource::Nofile);
    let raised = Rlimit { current: limit.maximum, maximum: limit.maximum };
    // If it cannot be raised, there are fewer attacking connections.
    let _ = setrlimit(Resource::Nofile, raised);
}

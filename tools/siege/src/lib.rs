//! `cargo booked siege`: attackers next to good buyers, on a system with the default limits. What the buyers achieve is
//! compared with what they achieve alone, in alternating turns; at the end `verify` must find nothing.

mod accounts;
mod attack;
mod attackers;
mod attacks;
mod buyers;
mod context;
mod figures;
mod goal;
mod options;
mod report;
mod testbed;
mod verdict;

use std::{path::Path, time::Duration};

use anyhow::{Context as _, Result};
use booked_checker::{
    Limits, Sources,
    history::{Call, Line, Settings},
    verify,
};
use booked_local_system::Binaries;

pub use attack::Attack;
pub use figures::Figures;
pub use goal::Goal;
pub use options::{Shopping, SiegeOptions};
pub use report::{AttackReport, Side};
pub use verdict::SiegeVerdict;

use attackers::Attackers;
use buyers::Clients;
use testbed::{HOLD_TTL_MS, Member, Testbed};

/// How long a seat that looks wrong at the end is watched until it counts as wrong.
const SETTLES: Duration = Duration::from_secs(20);
/// Between an attack and the next turn, so that each begins with an idle system.
const PAUSE: Duration = Duration::from_secs(1);

/// Runs a new system in the folder, attacks it, and checks the result. `say` gets a line for each turn.
///
/// # Errors
///
/// If the system cannot be started, or an account or an event cannot be created before an attack.
pub async fn run(
    options: &SiegeOptions,
    binaries: &Binaries,
    folder: &Path,
    say: impl Fn(&str),
) -> Result<SiegeVerdict> {
    say("Starting a system and creating accounts");
    let testbed = Testbed::start(folder, options, binaries).await?;
    let (mut reports, mut calls) = (Vec::new(), Vec::new());
    for attack in &options.attacks {
        let report = run_attack(*attack, options, &testbed, &mut calls, &say).await?;
        say(&report.to_string());
        reports.push(report);
    }
    let failures = testbed.system.crashed();
    say("The siege is over; checking what the databases contain");
    let limits = Limits { settle_timeout: SETTLES, ..Limits::default() };
    let sources = Sources { limits, ..testbed.system.sources()? };
    let settings = Line::Settings(Settings { hold_ms: HOLD_TTL_MS });
    let history = [settings].into_iter().chain(calls.into_iter().map(Line::Call)).collect();
    let report = verify(&sources, history).await.context("the databases cannot be checked")?;
    Ok(SiegeVerdict { attacks: reports, failures, report })
}

/// Each attack is on a new event, so that the seats which were held or sold do not affect the next attack.
async fn run_attack(
    attack: Attack,
    options: &SiegeOptions,
    testbed: &Testbed,
    calls: &mut Vec<Call>,
    say: &impl Fn(&str),
) -> Result<AttackReport> {
    let (event, created) = testbed.new_event().await?;
    calls.push(created);
    let members: &[Member] = match attack {
        Attack::Guessing => &testbed.owners,
        attack if attack.targets_log_ins() => &testbed.members,
        _ => &[],
    };
    let clients = Clients { testbed, event, members };
    let mut report = AttackReport::new(attack);
    for round in 1..=options.rounds {
        say(&format!("{attack}, round {round}: the buyers alone"));
        let alone = clients.run(&options.shopping).await;
        report.alone.add(alone, calls);
        say(&format!("{attack}, round {round}: during the attack"));
        let attackers = Attackers::start(attack, options, testbed, event)?;
        attackers.begun().await;
        let attacked = clients.run(&options.shopping).await;
        report.add(attackers.context.observed(), testbed.gateway_mib().unwrap_or_default());
        drop(attackers);
        report.attacked.add(attacked, calls);
        tokio::time::sleep(PAUSE).await;
    }
    Ok(report)
}

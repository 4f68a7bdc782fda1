//! `cargo booked siege`: ill-willed clients beside good buyers, on a system whose limits are as they are by default. What
//! the buyers get is compared with what the same buyers get alone, in turns in the same run; then `verify` must find nothing.

mod accounts;
mod attack;
mod attacks;
mod besiegers;
mod buyers;
mod figures;
mod goals;
mod options;
mod stage;
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
pub use buyers::Shopping;
pub use figures::Figures;
pub use goals::Goal;
pub use options::SiegeOptions;
pub use verdict::{AttackReport, Side, SiegeVerdict};

use besiegers::Besiegers;
use buyers::Crowd;
use stage::Stage;

/// How long a seat that looks wrong at the end is watched before it counts as wrong.
const SETTLES: Duration = Duration::from_secs(20);
/// Between an attack and the next turn, so that each begins on a system at rest.
const REST: Duration = Duration::from_secs(1);

/// Runs a system of its own in the folder, besieges it, and judges. `say` hears of each turn.
///
/// # Errors
///
/// Where the system cannot be started, or an account or an event not be made while nothing attacks.
pub async fn run(
    options: &SiegeOptions,
    binaries: &Binaries,
    folder: &Path,
    say: impl Fn(&str),
) -> Result<SiegeVerdict> {
    say("Starting a system, and making accounts");
    let stage = Stage::start(folder, options, binaries).await?;
    let (mut reports, mut calls) = (Vec::new(), Vec::new());
    for attack in &options.attacks {
        let report = besiege(*attack, options, &stage, &mut calls, &say).await?;
        say(&report.to_string());
        reports.push(report);
    }
    let troubles = stage.system.crashed();
    say("The siege is over; looking at what is left of it");
    let limits = Limits { settle_timeout: SETTLES, ..Limits::default() };
    let sources = Sources { limits, ..stage.system.sources()? };
    let settings = Line::Settings(Settings { hold_ms: stage::HOLD_TTL_MS });
    let history = [settings].into_iter().chain(calls.into_iter().map(Line::Call)).collect();
    let report = verify(&sources, history).await.context("what is left cannot be read")?;
    Ok(SiegeVerdict { attacks: reports, troubles, report })
}

/// One attack, on an event of its own, so that what one attack held or sold does not stand in the way of the next.
async fn besiege(
    attack: Attack,
    options: &SiegeOptions,
    stage: &Stage,
    calls: &mut Vec<Call>,
    say: &impl Fn(&str),
) -> Result<AttackReport> {
    let (event, created) = stage.new_event().await?;
    calls.push(created);
    let crowd = Crowd { stage, event, victims: attack.is_on_log_ins(), guessed: attack == Attack::Guessing };
    let mut report = AttackReport::new(attack);
    for round in 1..=options.rounds {
        say(&format!("{attack}, round {round}: the buyers alone"));
        let alone = crowd.shops(&options.shopping).await;
        report.alone.add(alone, calls);
        say(&format!("{attack}, round {round}: beside the attack"));
        let besiegers = Besiegers::begin(attack, options, stage, event)?;
        besiegers.under_way().await;
        let beside = crowd.shops(&options.shopping).await;
        report.note(besiegers.end(stage));
        report.beside.add(beside, calls);
        tokio::time::sleep(REST).await;
    }
    Ok(report)
}

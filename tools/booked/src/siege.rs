//! `cargo booked siege`.

use std::{process::ExitCode, time::Duration};

use anyhow::{Context as _, Result};
use booked_local_system::{Binaries, say, warn};
use booked_siege::{Attack, Shopping, SiegeOptions, run};
use clap::Args;

use crate::{outcome::exit_code, run_folder::RunFolder};

/// Two purchases per second and buyer, which is well below what a machine can serve. So if a buyer cannot buy, it is
/// because of the attack.
const EVERY: Duration = Duration::from_millis(500);
/// A person would not wait longer.
const PATIENCE: Duration = Duration::from_secs(5);
/// More than any connection can send in a turn.
const CALLS_MAX: usize = 100_000;

#[derive(Args)]
pub(crate) struct SiegeArgs {
    /// Only these attacks, separated by commas; `--list` shows their names.
    #[arg(long, value_delimiter = ',', value_name = "ATTACK,…")]
    only: Vec<Attack>,
    /// Show the names of all attacks.
    #[arg(long)]
    list: bool,
    /// How long each turn takes, in seconds: first the buyers alone, then during the attack.
    #[arg(long, default_value_t = 5, value_name = "SECONDS", value_parser = clap::value_parser!(u32).range(1..=600))]
    seconds: u32,
    /// How often both turns are repeated, for each attack.
    #[arg(long, default_value_t = 2, value_name = "COUNT", value_parser = clap::value_parser!(u32).range(1..=100))]
    rounds: u32,
    /// How many buy at the same time.
    #[arg(long, default_value_t = 12, value_name = "COUNT", value_parser = clap::value_parser!(u16).range(1..=200))]
    buyers: u16,
    /// Print the report as JSON instead of a table.
    #[arg(long)]
    json: bool,
}

impl SiegeArgs {
    /// Succeeds if all goals are met and nothing wrong was found.
    pub(crate) fn run(self) -> Result<ExitCode> {
        if self.list {
            say(&Attack::ALL.map(Attack::as_str).join("\n"));
            return Ok(ExitCode::SUCCESS);
        }
        let purchases = self.seconds * 2;
        let options = SiegeOptions {
            attacks: if self.only.is_empty() { Attack::ALL.to_vec() } else { self.only },
            rounds: self.rounds,
            buyers: self.buyers.into(),
            shopping: Shopping { purchases, every: EVERY, patience: PATIENCE },
            percent: 100,
            calls_max: CALLS_MAX,
            settings: Vec::new(),
        };
        let binaries = Binaries::build()?;
        let mut folder = RunFolder::create("siege")?;
        folder.is_kept = true;
        warn(&format!("logs, kept if a goal is missed, are in {}", folder.path.join("logs").display()));
        let runtime = tokio::runtime::Runtime::new().context("cannot start a runtime")?;
        let verdict = runtime.block_on(run(&options, &binaries, &folder.path, warn))?;
        folder.is_kept = !verdict.has_met_goals();
        say(&if self.json { serde_json::to_string_pretty(&verdict.to_json())? } else { verdict.to_string() });
        Ok(exit_code(verdict.has_met_goals()))
    }
}

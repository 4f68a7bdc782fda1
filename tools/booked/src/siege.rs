//! The command `siege`.

use std::{fs, process::ExitCode, time::Duration};

use anyhow::{Context as _, Result};
use booked_local_system::{Binaries, say, warn};
use booked_siege::{Attack, Shopping, SiegeOptions, run};
use clap::Args;

/// Two purchases a second and buyer: well below what a machine bears, so that whoever is kept from buying is so by others.
const EVERY: Duration = Duration::from_millis(500);
/// Longer, and a person has gone.
const PATIENCE: Duration = Duration::from_secs(5);
/// More than any connection manages in a turn.
const CALLS_MAX: usize = 100_000;

#[derive(Args)]
pub(crate) struct SiegeArgs {
    /// These attacks only, by comma; all where it is not given. `--list` names them.
    #[arg(long, value_delimiter = ',', value_name = "ATTACK,…")]
    only: Vec<Attack>,
    /// Names the attacks, and ends.
    #[arg(long)]
    list: bool,
    /// How long a turn is, in seconds: the buyers alone, then beside the attack.
    #[arg(long, default_value_t = 5, value_name = "SECONDS", value_parser = clap::value_parser!(u32).range(1..=600))]
    seconds: u32,
    /// How often both turns come, for each attack.
    #[arg(long, default_value_t = 2, value_name = "COUNT", value_parser = clap::value_parser!(u32).range(1..=100))]
    rounds: u32,
    /// Buyers at a time.
    #[arg(long, default_value_t = 12, value_name = "COUNT", value_parser = clap::value_parser!(u16).range(1..=200))]
    buyers: u16,
    /// Writes the report as JSON instead of a table.
    #[arg(long)]
    json: bool,
}

impl SiegeArgs {
    /// Success where all goals are met and nothing wrong was found.
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
        let folder = std::env::temp_dir().join(format!("booked-siege-{}", std::process::id()));
        warn(&format!("logs, kept where a goal is missed, are in {}", folder.join("logs").display()));
        let runtime = tokio::runtime::Runtime::new().context("there is no runtime to be had")?;
        let verdict = runtime.block_on(run(&options, &binaries, &folder, warn))?;
        if verdict.is_met()
            && let Err(error) = fs::remove_dir_all(&folder)
        {
            warn(&format!("{} cannot be removed: {error}", folder.display()));
        }
        say(&if self.json { serde_json::to_string_pretty(&verdict.to_json())? } else { verdict.to_string() });
        Ok(if verdict.is_met() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
    }
}
